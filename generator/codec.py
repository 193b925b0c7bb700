"""The codec: one semantic ID as 27 codes, as text, as token ids and as bytes, and back.

    codes    uint8 [27]                                    (21, 73, 30, 0, 0, 0, ...)
    text     <begin_3MToken><AC1-21><AC2-73><AC3-30><BM1-0>...<TC3-4><end_3MToken>
    tokens   int64 [29]: begin, one id per code, end; ids start at the codec's base
    bytes    27 bytes, one per code
    ID text  the text followed by `#` and the tie-break number: ...<end_3MToken>#0

Text and order follow 3MToken (sections 2.2 and 2.3). A modality that a track lacks is written out, as code 0 of all
three levels. The tie-break number tells tracks with equal codes apart (SiriusXM, section 2.1); it is assigned by the
code table, is no token and is never learned, hence it stands outside the boundary tokens.

Reading is strict: what is not exactly such a form raises SemanticIdError. The codec knows no tracks and no quantizer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import SemanticIdError
from segue.generator.layout import DEFAULT_LAYOUT, UNKNOWN, CodeLayout, Codes, position_name
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS

BEGIN: Final = "<begin_3MToken>"
END: Final = "<end_3MToken>"

MAX_TIE: Final = 2**32 - 1
"""The largest tie-break number: the code table keeps four bytes for it."""

_NUMBER: Final = r"(?:0|[1-9][0-9]{0,9})"
_CODE: Final = re.compile(rf"<([A-Z]{{2}}[1-3])-({_NUMBER})>")
_ID: Final = re.compile(rf"(.*)#({_NUMBER})", re.DOTALL)


class SemanticId(NamedTuple):
    """The codes of one track with the number that makes them unique in their catalog."""

    codes: Codes
    """uint8 [27]."""
    tie: int
    """0 for the first track with these codes."""


@dataclass(frozen=True)
class Codec:
    """Writes and reads semantic IDs of one layout.

    `base` is the token id of `<AC1-0>` in the vocabulary at hand, so the size of the vocabulary before it was extended.
    """

    layout: CodeLayout = DEFAULT_LAYOUT
    base: int = 0

    @property
    def begin(self) -> int:
        """Token id of `<begin_3MToken>`."""
        return self.base + self.layout.total

    @property
    def end(self) -> int:
        """Token id of `<end_3MToken>`."""
        return self.begin + 1

    @cached_property
    def token_texts(self) -> tuple[str, ...]:
        """The texts of all tokens in the order of their ids, the boundaries last: what a vocabulary is extended by."""
        codes = (
            f"<{position_name(place)}-{code}>" for place in range(POSITIONS) for code in range(self.layout.sizes[place])
        )
        return (*codes, BEGIN, END)

    def to_text(self, codes: NDArray[Any]) -> str:
        """Return codes [27] as text with both boundary tokens."""
        return f"{self.prefix_to_text(self._whole(codes))}{END}"

    def from_text(self, text: str) -> Codes:
        """Return the codes, uint8 [27], of a text with both boundary tokens."""
        if not text.endswith(END):
            raise SemanticIdError(f"a semantic ID ends with {END}: {_shorten(text)}")
        return self._whole(self.prefix_from_text(text[: -len(END)]))

    def id_to_text(self, semantic_id: SemanticId) -> str:
        """Return codes and tie-break number as one text that no other track of the catalog has."""
        if not 0 <= semantic_id.tie <= MAX_TIE:
            raise SemanticIdError(f"a tie-break number is 0 to {MAX_TIE}, not {semantic_id.tie}")
        return f"{self.to_text(semantic_id.codes)}#{semantic_id.tie}"

    def id_from_text(self, text: str) -> SemanticId:
        """Read what `id_to_text` wrote."""
        match = _ID.fullmatch(text)
        if match is None or int(match[2]) > MAX_TIE:
            raise SemanticIdError(f"no tie-break number, as in {END}#0, at the end of {_shorten(text)}")
        return SemanticId(self.from_text(match[1]), int(match[2]))

    def prefix_to_text(self, codes: NDArray[Any]) -> str:
        """Return the first 0 to 27 codes of a semantic ID as text: the begin token and no end token."""
        prefix = self._prefix(codes)
        return BEGIN + "".join(f"<{position_name(place)}-{code}>" for place, code in enumerate(prefix.tolist()))

    def prefix_from_text(self, text: str) -> Codes:
        """Read what `prefix_to_text` wrote: uint8 [0..27]."""
        if not text.startswith(BEGIN):
            raise SemanticIdError(f"a semantic ID begins with {BEGIN}: {_shorten(text)}")
        codes: list[int] = []
        at = len(BEGIN)
        while at < len(text):
            match = _CODE.match(text, at)
            if match is None or len(codes) == POSITIONS:
                raise SemanticIdError(f"not a code of a semantic ID: {_shorten(text[at:])}")
            if match[1] != position_name(len(codes)):
                raise SemanticIdError(f"{match[0]} stands where a code of {position_name(len(codes))} belongs")
            codes.append(int(match[2]))
            at = match.end()
        return self._prefix(np.asarray(codes, dtype=np.int64))

    def to_tokens(self, codes: NDArray[Any]) -> NDArray[np.int64]:
        """Return token ids [..., 29] for codes [..., 27]: begin, the codes, end."""
        ids = self._whole(codes).astype(np.int64) + self.layout.offsets + self.base
        edge = np.full((*ids.shape[:-1], 1), self.begin, dtype=np.int64)
        return np.concatenate((edge, ids, edge + 1), axis=-1)

    def from_tokens(self, tokens: Sequence[int] | NDArray[Any]) -> Codes:
        """Return the codes, uint8 [..., 27], of token ids [..., 29]."""
        ids = np.asarray(tokens)
        if ids.ndim == 0 or ids.shape[-1] != POSITIONS + 2 or ids.dtype.kind not in "ui":
            raise SemanticIdError(f"a semantic ID is {POSITIONS + 2} token ids, not {ids.dtype} of shape {ids.shape}")
        if (ids[..., 0] != self.begin).any() or (ids[..., -1] != self.end).any():
            raise SemanticIdError(f"a semantic ID stands between the tokens {self.begin} and {self.end}")
        return self._whole(ids[..., 1:-1].astype(np.int64) - self.layout.offsets - self.base)

    def to_bytes(self, codes: NDArray[Any]) -> bytes:
        """Return codes [27] as 27 bytes."""
        whole = self._whole(codes)
        if whole.ndim != 1:
            raise SemanticIdError(f"one semantic ID at a time, not the shape {whole.shape}")
        return whole.tobytes()

    def from_bytes(self, data: bytes) -> Codes:
        """Return the codes, uint8 [27], of 27 bytes."""
        return self._whole(np.frombuffer(data, dtype=np.uint8))

    def _whole(self, codes: NDArray[Any]) -> Codes:
        try:
            return self.layout.check(codes)
        except ValueError as error:
            raise SemanticIdError(str(error)) from error

    def _prefix(self, codes: NDArray[Any]) -> Codes:
        codes = np.asarray(codes)
        if codes.ndim != 1 or codes.size > POSITIONS:
            raise SemanticIdError(f"a prefix is a row of at most {POSITIONS} codes, not the shape {codes.shape}")
        if codes.dtype.kind not in "ui":
            raise SemanticIdError(f"codes are whole numbers, not {codes.dtype}")
        padded = np.zeros(POSITIONS, dtype=np.int64)
        padded[: codes.size] = codes
        return self._whole(padded)[: codes.size]


def shared_depths(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.uint8]:
    """Return how deep two semantic IDs agree in each modality: uint8 [..., 9], 0 to 3.

    Level 2 counts only where level 1 agrees, level 3 only where both do; an unknown modality agrees with nothing, not
    even with another unknown one (3MToken, section 2.3). Shapes [..., 27] broadcast against each other.
    """
    one, two = (np.asarray(side).reshape(*np.shape(side)[:-1], len(MODALITIES), LEVELS) for side in (left, right))
    agree = (one == two) & (one[..., :1] != UNKNOWN)
    depths: NDArray[np.uint8] = np.logical_and.accumulate(agree, axis=-1).sum(axis=-1, dtype=np.uint8)
    return depths


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:40]}...{text[-15:]}")
