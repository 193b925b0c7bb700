"""The position mask of one request: which tokens may come next, as a server decodes them.

At position p only the codes of p's codebook may come, the unknown code of level 1 not among them; after the last
position only the end token. A request narrows that further: to the IDs of a catalog, and by IDs that are banned (see
`continuations`: no walk ends in a blind alley). What a request asks for stands in its `vllm_xargs`:

    segue_position  0 .. 27: the position of the first token to come; without it nothing is masked
    segue_prefix    hex digits of the codes before it; needed only past position 0 with a catalog or bans
    segue_catalog   1: only IDs that the server's code table holds
    segue_banned    hex digits of banned IDs, 54 each, one after another

State comes from here and never from the prompt, which a request with prompt embeddings does not have. Imports nothing
but numpy, for it runs in the server's environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.codec import Codec
from segue.generator.continuations import Continuations, Place
from segue.generator.layout import Codes
from segue.generator.modality import POSITIONS

POSITION: Final = "segue_position"
PREFIX: Final = "segue_prefix"
CATALOG: Final = "segue_catalog"
BANNED: Final = "segue_banned"
_KNOWN: Final = frozenset({POSITION, PREFIX, CATALOG, BANNED})
MOST_BANNED: Final = 10_000
"""IDs that one request may ban."""


@dataclass(frozen=True)
class MaskRequest:
    """What a request's `vllm_xargs` say."""

    position: int
    prefix: tuple[int, ...]
    catalog: bool
    banned: Codes | None
    """uint8 [any, 27]."""

    @classmethod
    def read(cls, arguments: Mapping[str, Any] | None) -> "MaskRequest | None":
        """Return what is asked of the mask, None where nothing is. Raises ValueError with a sentence for the client.

        Whether the codes fit the model's layout shows in `PositionMask`: who reads first knows no model.
        """
        arguments = arguments or {}
        ours = {name for name in arguments if name.startswith("segue_")}
        if not ours:
            return None
        if unknown := ours - _KNOWN:
            raise ValueError(f"unknown argument {', '.join(sorted(unknown))}; there are {', '.join(sorted(_KNOWN))}")
        position = arguments.get(POSITION)
        if not isinstance(position, int) or not 0 <= position <= POSITIONS:
            raise ValueError(f"{POSITION} must be a whole number from 0 to {POSITIONS}, not {position!r}")
        banned = _rows(arguments[BANNED]) if BANNED in arguments else None
        catalog = arguments.get(CATALOG, 0)
        if catalog not in (0, 1):
            raise ValueError(f"{CATALOG} must be 0 or 1, not {catalog!r}")
        prefix = _bytes(arguments.get(PREFIX, ""), PREFIX)
        if PREFIX in arguments and len(prefix) != position:
            raise ValueError(f"{PREFIX} holds {len(prefix)} codes and {POSITION} is {position}")
        if position and PREFIX not in arguments and (catalog or banned is not None):
            raise ValueError(f"a catalog or bans past position 0 need {PREFIX}")
        return cls(position, tuple(prefix), bool(catalog), banned)


class PositionMask:
    """Follows one request from its first position on.

    `catalog` are the IDs of the server's code table, None where it has none. Raises ValueError where a request wants a
    catalog and there is none, has codes of another layout, or leaves nothing that may come out.
    """

    def __init__(self, codec: Codec, request: MaskRequest, catalog: Continuations | None) -> None:
        self._codec = codec
        sizes = codec.layout.sizes.tolist()
        if any(code >= size for code, size in zip(request.prefix, sizes, strict=False)):
            raise ValueError(f"{PREFIX} holds a code that the layout does not have")
        self._continuations = _continuations(codec, request, catalog)
        self._place: Place = self._continuations.start()
        self._at = 0
        for code in request.prefix or (None,) * request.position:
            self._step(code)
        if self._at < POSITIONS and not self._continuations.mask(self._place, self._at).any():
            raise ValueError("no semantic ID may come out")
        self._first = request.position

    def allowed(self, written: int) -> NDArray[np.int64]:
        """Return the ids of the tokens that may come after `written` tokens of this request; see `follow`."""
        position = self._first + written
        if position >= POSITIONS:
            return np.array([self._codec.end], dtype=np.int64)
        if position != self._at:
            raise RuntimeError(f"the mask stands at position {self._at} and the request at {position}")
        start = self._codec.base + int(self._codec.layout.offsets[position])
        return np.flatnonzero(self._continuations.mask(self._place, position)) + start

    def follow(self, tokens: list[int]) -> None:
        """Take in all tokens that the request has written so far; those taken in before are not read again."""
        for token in tokens[self._at - self._first : POSITIONS - self._first]:
            start = self._codec.base + int(self._codec.layout.offsets[self._at])
            self._step(token - start)

    def _step(self, code: int | None) -> None:
        if code is not None:
            self._place = self._continuations.step(self._place, self._at, code)
        self._at += 1


def _continuations(codec: Codec, request: MaskRequest, catalog: Continuations | None) -> Continuations:
    if not request.catalog:
        return Continuations(codec.layout, banned=request.banned)
    if catalog is None:
        raise ValueError("this server was started without a code table: it knows no catalog")
    return catalog if request.banned is None else catalog.without(request.banned)


def _rows(text: Any) -> Codes:
    rows = np.frombuffer(_bytes(text, BANNED), dtype=np.uint8)
    if len(rows) % POSITIONS:
        raise ValueError(f"{BANNED} must hold {2 * POSITIONS} hex digits for each ID")
    if len(rows) > MOST_BANNED * POSITIONS:
        raise ValueError(f"{BANNED} may hold {MOST_BANNED:,} IDs at the most")
    return rows.reshape(-1, POSITIONS)


def _bytes(text: Any, name: str) -> bytes:
    if not isinstance(text, str):
        raise ValueError(f"{name} must be a text of hex digits")
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ValueError(f"{name} must be hex digits: {error}") from error
