"""Scores of hearing: how far what was heard agrees with what people labelled. Knows labels and answers, no models."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from rapidfuzz.fuzz import ratio

from segue.tools.search.terms import stem
from segue.tools.search.words import keys

Match = Literal["alike", "exact", "kind"]
_NAMES: Final = frozenset({"artists", "titles", "albums"})
_EMPTY: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "some",
        "any",
        "more",
        "too",
        "so",
        "very",
        "really",
        "way",
        "overly",
        "music",
        "song",
        "songs",
        "track",
        "tracks",
        "stuff",
        "from",
        "in",
        "with",
        "by",
        "to",
        "and",
        "or",
        "sound",
        "sounding",
        "type",
        "kind",
        "style",
        "vibe",
        "vibes",
        "artist",
        "artists",
        "band",
        "bands",
        "genre",
    ]
)


class Said(NamedTuple):
    """One thing that is wanted, avoided or compared with."""

    polarity: str
    kind: str
    """A facet; "names" for what is compared with, whose kind nobody labelled."""
    value: str


class Counts(NamedTuple):
    """Hits, false alarms, misses."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: object) -> "Counts":
        if not isinstance(other, Counts):
            return NotImplemented
        return Counts(*(ours + theirs for ours, theirs in zip(self, other, strict=True)))

    def f1(self) -> float:
        """Return F1; 0 where nothing was there and nothing was said."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else 0.0

    def precision(self) -> float:
        """Return the share of what was said that is right."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else 0.0

    def recall(self) -> float:
        """Return the share of what is there that was said."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 0.0


def said(want: Mapping[str, Sequence[str]], avoid: Mapping[str, Sequence[str]], like: Iterable[str]) -> list[Said]:
    """Return all of it in one list, each once."""
    found = [Said("like", "names", value) for value in like]
    for polarity, kinds in (("want", want), ("avoid", avoid)):
        found += [Said(polarity, kind, value) for kind, values in kinds.items() for value in values]
    return list(dict.fromkeys(found))


def agree(labelled: Sequence[Said], heard: Sequence[Said], match: Match = "alike") -> Counts:
    """Count agreements, one to one.

    alike: the same polarity and alike texts: equal without empty words, one's words among the other's, or four fifths
    of the letters the same. exact: the same polarity and equal words. kind: alike, and of the same kind (titles, albums
    and artists apart; what is compared with counts as a name).
    """
    left = list(labelled)
    hits = 0
    for item in sorted(heard, key=lambda item: not any(_equal(item, other) for other in labelled)):
        best = next(
            (other for equal in (True, False) for other in left if _matches(item, other, match, equal=equal)), None
        )
        if best is not None:
            left.remove(best)
            hits += 1
    return Counts(hits, len(heard) - hits, len(left))


def overlap(labelled: Iterable[int], given: Iterable[int]) -> Counts:
    """Count equal numbers."""
    right, ours = set(labelled), set(given)
    return Counts(len(right & ours), len(ours - right), len(right - ours))


def _equal(ours: Said, theirs: Said) -> bool:
    return ours.polarity == theirs.polarity and keys(ours.value) == keys(theirs.value)


def _matches(ours: Said, theirs: Said, match: Match, *, equal: bool) -> bool:
    if ours.polarity != theirs.polarity:
        return False
    if match == "kind" and ours.kind != theirs.kind:
        return False
    return _equal(ours, theirs) if equal or match == "exact" else alike(ours.value, theirs.value)


def alike(ours: str, theirs: str) -> bool:
    """Tell whether two texts say the same, as `agree` defines it."""
    first, second = _content(ours), _content(theirs)
    if set(first) <= set(second) or set(second) <= set(first):
        return True
    return ratio("".join(first), "".join(second)) >= 80


def _content(text: str) -> tuple[str, ...]:
    every = tuple(stem(key) for key in keys(text))
    return tuple(key for key in every if key not in _EMPTY) or every
