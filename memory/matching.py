"""Which attributes of tracks a subject covers: "rock" covers "indie rock", as in the filters of a search.

Of a label any run of whole words will do, in the kinds that say what a track is like. An artist covers the groups that
name them as a member ("Neil Young & Crazy Horse"); all other kinds compare whole.
"""

from functools import lru_cache
from typing import Final

from segue.memory.events import Subject
from segue.memory.groups import members_of

_BY_WORDS: Final = frozenset({"genre", "theme", "sound", "activity", "mood", "instrument", "language"})
_MAX_WORDS: Final = 8
"""Words of a label that are looked at; longer ones are sentences."""


def wider(attribute: Subject) -> tuple[str, ...]:
    """Return `Subject.cover` of every other subject that covers `attribute`, the longest first."""
    if " " not in attribute.cover:
        return ()
    if attribute.kind == "artist":
        return _members(attribute.cover)
    return _runs(attribute.cover) if attribute.kind in _BY_WORDS else ()


@lru_cache(maxsize=16_384)
def _members(cover: str) -> tuple[str, ...]:
    kind, _, key = cover.partition(":")
    return tuple(f"{kind}:{member}" for member in members_of(key))


@lru_cache(maxsize=16_384)
def _runs(cover: str) -> tuple[str, ...]:
    kind, _, label = cover.partition(":")
    words = label.split()
    lengths = range(len(words) - 1, 0, -1) if len(words) <= _MAX_WORDS else ()
    return tuple(
        f"{kind}:{' '.join(words[start : start + length])}"
        for length in lengths
        for start in range(len(words) - length + 1)
    )
