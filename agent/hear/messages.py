"""Labelled messages with their thread: what hearing is taught from and measured on.

The same files, and the same held-out fifth, as modality importance (`tools/importance/messages.py`), plus what was
shown and what was pointed at.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from segue.generator.errors import SourceError
from segue.generator.track import Track
from segue.tools.importance.messages import LabelledMessage
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
    """Return the messages of all files, in order.

    Raises:
        SourceError: a file cannot be read, or a line is no labelled message.
    """
    messages = []
    for path in paths:
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path} cannot be read: {error}") from error
        for number, line in enumerate(lines, 1):
            try:
                messages.append(HeardMessage.model_validate(json.loads(line)))
            except (ValueError, ValidationError) as error:
                raise SourceError(
                    f"{path}, line {number}: no labelled message ({str(error).splitlines()[0]})"
                ) from error
    return messages


def _track(number: int, line: str) -> Track:
    title, _, artist = line.rpartition(" - ")
    return Track.model_validate({"id": f"shown-{number}", "title": title or line, "artists": [artist or line]})
