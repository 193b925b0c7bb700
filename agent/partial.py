"""Parts of an answer on its way, in the order in which they are settled: what a stream shows before the whole is there.

Each is final: the Turn at the end has the same again. Words come in whole sentences that were checked against the
catalog, never one by one, for a word that is shown cannot be taken back.
"""

from dataclasses import dataclass

from segue.agent.turn import ShownTrack
from segue.agent.wish import Act
from segue.tools.importance import ModalityWeights


@dataclass(frozen=True)
class Step:
    """One node of a turn has finished."""

    node: str
    seconds: float


@dataclass(frozen=True)
class Heard:
    """What kind of message it was taken for."""

    act: Act


@dataclass(frozen=True)
class Weighed:
    """How much each modality matters."""

    weights: ModalityWeights


@dataclass(frozen=True)
class Chosen:
    """The tracks of the answer."""

    tracks: tuple[ShownTrack, ...]


@dataclass(frozen=True)
class Said:
    """The next sentences of the answer; joined by spaces, all of them are its text."""

    text: str


Partial = Step | Heard | Weighed | Chosen | Said
