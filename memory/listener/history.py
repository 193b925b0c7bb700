"""A listener's history as the autoencoder reads it: the semantic IDs of the music, and how much each speaks for or
against it.

The rules are those of the taste (`profile.py`): what was undone, forgotten or replaced no longer speaks, everything
fades with age, one-off wishes do not count. A leaning put into words speaks through tracks that are what it is about,
so that "I love shoegaze" acts before any shoegaze was heard. Knows events and codes; `CodesOf` knows a catalog.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.layout import Codes
from segue.generator.modality import POSITIONS
from segue.memory.events import Subject, TasteEvent
from segue.memory.evidence import SIGNS, decay
from segue.memory.profile import fold, ordered, standing

CodesOf = Callable[[Subject], Codes]
"""Semantic IDs, uint8 [any, 27], of the tracks that a subject is or that stand for it; none where nothing is known."""
STATED: Final = 3.0
"""Liked tracks that a leaning of full strength is worth."""


@dataclass(frozen=True, eq=False)
class History:
    """What was heard, as codes [n, 27], and float32 [n]: above 0 for it, below 0 against it, smaller with age."""

    codes: Codes
    weights: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.codes.shape != (len(self.weights), POSITIONS):
            raise ValueError(f"{len(self.weights)} weights for codes of shape {self.codes.shape}")

    def __len__(self) -> int:
        return len(self.weights)


NOTHING: Final = History(np.zeros((0, POSITIONS), dtype=np.uint8), np.zeros(0, dtype=np.float32))
"""The history of somebody of whom nothing is known."""


def history_of(events: Iterable[TasteEvent], codes_of: CodesOf, now: datetime) -> History:
    """Return what `events`, all of one listener, amount to at `now`. Raises ValueError as `profile.fold` does.

    A track speaks by its last opinion, or else by having been skipped or played. Leanings and bans that hold only in
    some context are left out, for the vector is that of the listener everywhere.
    """
    log = standing(ordered(events))
    taste = fold(log, now)
    newest: dict[tuple[str, str], datetime] = {}
    subjects: dict[str, Subject] = {}
    for event in log:
        if event.subject.kind == "track":
            newest[event.subject.value, event.kind] = event.time
            subjects[event.subject.value] = event.subject
    weights: dict[str, float] = {}
    # From the weakest to the strongest: an opinion replaces that a track was played.
    for kind, tracks in (
        ("played", taste.played), ("skipped", taste.skipped), ("disliked", taste.disliked), ("liked", taste.liked)
    ):  # fmt: skip
        for track in tracks:
            time = newest.get((track, kind)) or newest.get((track, "stated"))
            if time is not None:
                weights[track] = SIGNS[kind] * decay(kind, time, now)
    spoken = [(subjects[track], weight) for track, weight in weights.items()]
    spoken += [(each.subject, STATED * each.strength) for each in taste.leanings if each.stated and not each.context]
    spoken += [(ban.subject, -STATED) for ban in taste.bans if not ban.context]
    return _joined(spoken, codes_of)


def _joined(spoken: Sequence[tuple[Subject, float]], codes_of: CodesOf) -> History:
    codes, weights = [NOTHING.codes], [NOTHING.weights]
    for subject, weight in spoken:
        found = codes_of(subject)
        if len(found):
            codes.append(found)
            weights.append(np.full(len(found), weight / len(found), dtype=np.float32))
    return History(np.concatenate(codes), np.concatenate(weights))
