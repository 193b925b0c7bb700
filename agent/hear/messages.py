"""Labelled messages with their thread: what hearing is taught from and measured on.

The same files, and the same held-out fifth, as modality importance (`tools/importance/messages.py`), plus what was
shown and what was pointed at.
"""

from collections.abc import Iterable
from pathlib import Path

from segue.generator.track import Track
from segue.tools.importance.messages import LabelledMessage, read_as
from segue.tools.importance.weights import ModalityWeights


class HeardMessage(LabelledMessage):
    """One message as somebody understood it."""

    weights: ModalityWeights = ModalityWeights()
    shown: tuple[str, ...] = ()
    """The tracks shown last, "Title - Artist"."""
    refs: tuple[int, ...] | None = None
    """Numbers of those pointed at; None where nobody looked."""
    count: int | None = None
    practice: bool = False
    """Whether it was composed and not said."""

    @property
    def held_out(self) -> bool:
        """Whether nothing may be trained on it."""
        return not self.practice and super().held_out

    def tracks(self) -> tuple[Track, ...]:
        """Return the tracks shown, as far as their line tells."""
        return tuple(_track(number, line) for number, line in enumerate(self.shown, 1))


def read_heard(paths: Iterable[Path]) -> list[HeardMessage]:
    """Return the messages of all files, in order. Raises SourceError; see `read_as`."""
    return read_as(HeardMessage, paths)


def _track(number: int, line: str) -> Track:
    title, _, artist = line.rpartition(" - ")
    return Track.model_validate({"id": f"shown-{number}", "title": title or line, "artists": [artist or line]})
