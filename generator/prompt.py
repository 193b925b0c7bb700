"""Prompts as token ids: the only way in which text and music reach the language model.

ChatML, as the template of 3MToken (section 2.3). Control tokens and music tokens are written as ids by this module;
what people typed goes through a copy of the tokenizer that has none of them, so that no spelling of `<|im_start|>` or
`<AC1-21>` can produce one, whatever Unicode normalisation does to it. Music stands inline as 29 ids, before the
assistant's words about it (TalkPlay, section 4.4).

    <|im_start|>system\\nRecommend music.<|im_end|>\\n
    <|im_start|>user\\nplay some 90s rock music<|im_end|>\\n
    <|im_start|>assistant\\n<begin_3MToken><AC1-21>...<TC3-49><end_3MToken>Here is ...<|im_end|>\\n

What does not fit is dropped from the oldest turn on. Knows no model and no catalog.
"""

import json
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from segue.generator.codec import Codec
from segue.generator.dialogue import Dialogue, DialogueTurn
from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SYSTEM: Final = "Recommend music."
"""The system message, short because every token of it is paid for in each turn."""

IGNORED: Final = -100
"""The label of a position that carries no loss."""

_DISLIKED: Final = " (not liked)"
_KEPT_CONTROLS: Final = frozenset("\n\t\r ")


def clean_message(text: str) -> str:
    """Return typed text in NFKC, white space collapsed, without control, invisible and unassigned characters."""
    kept = (
        " " if character in _KEPT_CONTROLS else character
        for character in unicodedata.normalize("NFKC", text)
        if character in _KEPT_CONTROLS or unicodedata.category(character)[0] != "C"
    )
    # Removing an invisible character can bring two others together that compose.
    return " ".join(unicodedata.normalize("NFKC", "".join(kept)).split())


def codec_for(tokenizer: "PreTrainedTokenizerFast", layout: CodeLayout = DEFAULT_LAYOUT) -> Codec:
    """Return the codec whose ids follow those of the tokenizer, added tokens counted (as `add_tokens` would number)."""
    return Codec(layout, base=len(tokenizer))


@dataclass(frozen=True)
class TrainingIds:
    """One example as the model sees it."""

    ids: NDArray[np.int64]
    """int64 [length]: the prompt, then the 29 tokens of the target track, the response and the end of the message."""
    labels: NDArray[np.int64]
    """int64 [length]: the ids that carry a loss, `IGNORED` elsewhere."""
    codes_at: int
    """Where the begin token of the target stands; its 27 codes follow."""
    asked_at: int
    """Where the opening that all prompts have in common is over."""


class PromptBuilder:
    """Writes dialogues as token ids for one tokenizer with ChatML control tokens.

    `max_tokens` bounds the whole prompt, `max_tracks` the number of earlier tracks that are written out (the newest
    ones; each costs 29 tokens). Raises ValueError for a tokenizer without `<|im_start|>` and `<|im_end|>`, or where
    `max_tokens` leaves no room for a message.
    """

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerFast",
        codec: Codec | None = None,
        *,
        system: str = SYSTEM,
        max_tokens: int = 512,
        max_tracks: int = 8,
    ) -> None:
        self.codec = codec or codec_for(tokenizer)
        self.max_tokens = max_tokens
        self.max_tracks = max_tracks
        added = {token.content: number for number, token in tokenizer.added_tokens_decoder.items()}
        missing = {"<|im_start|>", "<|im_end|>"} - added.keys()
        if missing:
            raise ValueError(f"the tokenizer has no {' and no '.join(sorted(missing))}")
        self.start, self.stop = added["<|im_start|>"], added["<|im_end|>"]
        self.reserved = frozenset(added.values()) | frozenset(tokenizer.all_special_ids)
        """Ids that typed text never produces; nor any id from the codec's base on."""
        self._plain = _without_added_tokens(tokenizer.backend_tokenizer)
        self._system = self._message("system", self._fixed(system))
        if max_tokens < self._least:
            raise ValueError(f"a prompt needs at least {self._least} tokens, not {max_tokens}")

    @cached_property
    def _least(self) -> int:
        """Room for the system message, a short last message and the opening of the answer."""
        return len(self._system) + len(self._message("user", [])) + len(self._answer) + 16

    @cached_property
    def _answer(self) -> list[int]:
        return [self.start, *self._fixed("assistant\n")]

    @cached_property
    def _line(self) -> list[int]:
        return self._fixed("\n")

    @property
    def opening(self) -> tuple[int, ...]:
        """The ids of the system message, with which every prompt begins."""
        return tuple(self._system)

    def text_ids(self, text: str) -> list[int]:
        """Return the ids of typed text: never a control token, never a music token."""
        return self._encode(clean_message(text))

    def prompt(self, dialogue: Dialogue) -> NDArray[np.int64]:
        """Return the ids after which the model names the next track: int64 [at most max_tokens].

        The oldest turns are left out until the rest fits; a last message that does not fit alone keeps its end. Raises
        SemanticIdError where a track's codes do not belong to the codec's layout.
        """
        room = self.max_tokens - len(self._system) - len(self._answer)
        messages = self._messages(dialogue)
        kept: list[list[int]] = []
        for role, ids in reversed(messages):
            message = self._message(role, ids)
            if len(message) > room:
                if not kept and role == "user":
                    frame = len(message) - len(ids)
                    kept.append(self._message(role, ids[len(ids) - (room - frame) :]))
                break
            kept.append(message)
            room -= len(message)
        flat = [*self._system, *(i for message in reversed(kept) for i in message), *self._answer]
        return np.array(flat, dtype=np.int64)

    def training(
        self, dialogue: Dialogue, target: NDArray[Any], response: str = "", *, learn_response: bool = False
    ) -> TrainingIds:
        """Return a dialogue, the track that answers it (codes [27]) and the words that go with it.

        The loss is on the 27 codes; with `learn_response` also on the end token, the words and the end of the message.
        """
        before = self.prompt(dialogue)
        music = self.codec.to_tokens(target)
        after = np.array([*self.text_ids(response), self.stop], dtype=np.int64)
        ids = np.concatenate((before, music, after))
        labels = np.full(len(ids), IGNORED, dtype=np.int64)
        first = len(before) + 1
        last = first + len(music) - 2
        labels[first:last] = ids[first:last]
        if learn_response:
            labels[last:] = ids[last:]
        return TrainingIds(ids, labels, codes_at=len(before), asked_at=len(self._system))

    def _messages(self, dialogue: Dialogue) -> list[tuple[str, list[int]]]:
        """Join music with the assistant's words after it, and leave out tracks but the newest ones."""
        spare = max(0, len(dialogue.music) - self.max_tracks)
        messages: list[tuple[str, list[int]]] = []
        before = ""
        for turn in dialogue.turns:
            if turn.role == "music":
                spare -= 1
                if spare >= 0:
                    continue
            role = "user" if turn.role == "user" else "assistant"
            ids = self._turn(turn)
            if messages and messages[-1][0] == role:
                # Two texts in a row are two lines; words follow the music that they are about directly.
                messages[-1][1].extend([*self._line, *ids] if before == turn.role != "music" else ids)
            else:
                messages.append((role, ids))
            before = turn.role
        return messages

    def _turn(self, turn: DialogueTurn) -> list[int]:
        if turn.role != "music":
            return self.text_ids(turn.text)
        ids = [int(i) for i in self.codec.to_tokens(turn.semantic_id())]
        return ids + self._fixed(_DISLIKED) if turn.liked is False else ids

    def _message(self, role: str, ids: list[int]) -> list[int]:
        return [self.start, *self._fixed(f"{role}\n"), *ids, self.stop, *self._line]

    def _fixed(self, text: str) -> list[int]:
        """Encode words of this module, which need no cleaning and keep their line ends."""
        return self._encode(text)

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._plain.encode(text, add_special_tokens=False).ids
        # A tokenizer whose model looks whole words up could still know a control token as a word.
        return [i for i in ids if i < self.codec.base and i not in self.reserved]


def _without_added_tokens(tokenizer: Tokenizer) -> Tokenizer:
    """Return a copy that splits the spelling of control tokens into pieces like any other text."""
    written = json.loads(tokenizer.to_str())
    written["added_tokens"] = []
    written["post_processor"] = None
    written["truncation"] = written["padding"] = None
    return Tokenizer.from_str(json.dumps(written))
