"""Which attributes of tracks a subject covers: "rock" covers "indie rock", and a Christmas genre a Christmas theme.

The listener's words know no fields: a track is Christmas music whether its genre, its theme or a tag says so. So the
kinds that say what a track is like are one family here, and of a label any run of whole words will do, as in the
filters. All other kinds compare whole. Knows subjects only.
"""

from functools import lru_cache
from typing import Final

from segue.memory.events import Subject

_FAMILY: Final = frozenset({"genre", "theme", "sound", "activity"})
_BY_WORDS: Final = _FAMILY | {"mood", "instrument"}
_MAX_WORDS: Final = 8
"""Words of a label that are looked at; longer ones are sentences."""


def cover_key(subject: Subject) -> str:
    """Return the key under which a leaning or a ban is found from the attributes of a track."""
    return f"like:{subject.folded}" if subject.kind in _FAMILY else subject.key


def covering_keys(attribute: Subject) -> tuple[str, ...]:
    """Return the `cover_key` of every subject that covers `attribute`, the attribute itself first."""
    if attribute.kind not in _BY_WORDS:
        return (attribute.key,)
    return _runs("like" if attribute.kind in _FAMILY else attribute.kind, attribute.folded)


@lru_cache(maxsize=16_384)
def _runs(kind: str, label: str) -> tuple[str, ...]:
    words = label.split()
    runs = [f"{kind}:{label}"]
    if len(words) <= _MAX_WORDS:
        runs += [
            f"{kind}:{' '.join(words[start:end])}"
            for start in range(len(words))
            for end in range(len(words), start, -1)
            if (start, end) != (0, len(words))
        ]
    return tuple(runs)
