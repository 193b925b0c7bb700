"""Labelled listener messages, as JSON Lines: `id`, `text`, `before`, `weights`, `act`, `want`, `avoid`, `like`.

Knows the file format and the split; messages whose id hashes to 0 modulo 5 are held out, here and wherever else the
same messages are used.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from segue.generator.errors import SourceError
from segue.tools.importance.weights import ModalityWeights

Message = TypeVar("Message", bound="LabelledMessage")


class LabelledMessage(BaseModel):
    """One message with what people said of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    text: str
    before: str = ""
    """The agent's last words, or an empty text."""
    weights: ModalityWeights
    act: str = ""
    """request, refine, more, like, dislike, taste, question, control, chat or other."""
    want: dict[str, list[str]] = {}
    avoid: dict[str, list[str]] = {}
    like: list[str] = []

    @property
    def held_out(self) -> bool:
        """Whether no weights may be trained on it."""
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % 5 == 0

    @property
    def facets(self) -> frozenset[str]:
        """What the message names, by side and kind: "want genres", "avoid artists", "like"."""
        sides = (("want", self.want), ("avoid", self.avoid))
        named = {f"{side} {kind}" for side, kinds in sides for kind, values in kinds.items() if values}
        return frozenset(named | ({"like"} if self.like else set()))


def read_messages(paths: Iterable[Path]) -> list[LabelledMessage]:
    """Return the messages of all files, in order; see `read_as`."""
    return read_as(LabelledMessage, paths)


def read_as(kind: type[Message], paths: Iterable[Path]) -> list[Message]:
    """Return the messages of all files, in order, with the labels that `kind` has.

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
                messages.append(kind.model_validate(json.loads(line)))
            except (ValueError, ValidationError) as error:
                raise SourceError(
                    f"{path}, line {number}: no labelled message ({str(error).splitlines()[0]})"
                ) from error
    return messages


def label_matrix(messages: Sequence[LabelledMessage]) -> NDArray[np.float32]:
    """Return the labels as float32 [messages, 9]."""
    return np.stack([message.weights.scores() for message in messages])


def fingerprint(messages: Iterable[LabelledMessage]) -> str:
    """Return twelve hex digits that change with the texts and labels, for a manifest."""
    digest = hashlib.sha256()
    for message in messages:
        digest.update(message.model_dump_json().encode())
    return digest.hexdigest()[:12]
