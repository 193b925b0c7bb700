"""Alignment: where in a message its labels stand, so that a tagger can be taught from labels that are only texts.

Labels are tidied ("Led Zeppelin" for "led zepplin", "slower" for "slow it down"): a label stands where its words do,
else where something spelt like it does, else where the longest run of its words does; else nowhere.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rapidfuzz.fuzz import ratio

from segue.agent.hear.network import BEGIN, OUTSIDE, POLARITIES, WITHIN
from segue.agent.wish import FACET_KINDS
from segue.tools.search.terms import stem
from segue.tools.search.words import Word, keys, zipf

_ALIKE: Final = 78
UNKNOWN: Final = -100
"""What the loss leaves out."""
SOME_NAME: Final = -1
"""The kind of a name to compare with: an artist, a title or an album, the labels do not say which."""


class Label(NamedTuple):
    """One labelled value."""

    polarity: str
    kind: str | None
    """None for names to compare with, whose kind the labels do not say."""
    value: str


class Aligned(NamedTuple):
    """Labels of the words of one message."""

    tag: list[int]
    kind: list[int]
    polarity: list[int]
    lost: tuple[Label, ...]
    """Labels that stand nowhere."""


def labels_of(
    want: Mapping[str, Sequence[str]], avoid: Mapping[str, Sequence[str]], like: Sequence[str]
) -> list[Label]:
    """Return the labels of one message, names first, longer values before shorter ones."""
    found = [Label("like", None, value) for value in like]
    for polarity, kinds in (("want", want), ("avoid", avoid)):
        found += [Label(polarity, kind, value) for kind, values in kinds.items() for value in values]
    names = (None, "artists", "titles", "albums")
    return sorted(found, key=lambda label: (label.kind not in names, -len(label.value)))


def align(words: Sequence[Word], labels: Sequence[Label]) -> Aligned:
    """Place `labels` on `words`; a word bears one label, the first that claims it."""
    tag, kind = [OUTSIDE] * len(words), [UNKNOWN] * len(words)
    polarity = [UNKNOWN] * len(words)
    lost = []
    for label in labels:
        span = _find(words, tag, keys(label.value))
        if span is None:
            lost.append(label)
            continue
        for place in range(*span):
            tag[place] = BEGIN if place == span[0] else WITHIN
            kind[place] = FACET_KINDS.index(label.kind) if label.kind in FACET_KINDS else SOME_NAME
            polarity[place] = POLARITIES.index(label.polarity)
    return Aligned(tag, kind, polarity, tuple(lost))


def _find(words: Sequence[Word], tag: Sequence[int], wanted: tuple[str, ...]) -> tuple[int, int] | None:
    said = [word.key for word in words]
    width = len(wanted)
    if not wanted:
        return None
    free = [
        (start, stop)
        for start in range(len(said))
        for stop in range(start + 1, min(len(said), start + width + 2) + 1)
        if all(tag[place] == OUTSIDE for place in range(start, stop))
    ]
    for start, stop in free:
        if tuple(said[start:stop]) == wanted:
            return start, stop
    goal = "".join(wanted)
    scored = [(ratio("".join(said[start:stop]), goal), -(stop - start), start, stop) for start, stop in free]
    best = max(scored, default=(0, 0, 0, 0))
    if best[0] >= _ALIKE:
        return best[2], best[3]
    stems = {stem(word) for word in wanted}
    runs = [
        (sum(zipf(word) < 6 for word in said[start:stop]), start, stop)
        for start, stop in free
        if all(_within(word, stems) for word in said[start:stop])
    ]
    longest = max(runs, key=lambda run: (run[0], run[1] - run[2]), default=(0, 0, 0))
    return (longest[1], longest[2]) if longest[0] else None


def _within(word: str, stems: set[str]) -> bool:
    own = stem(word)
    return own in stems or (len(own) >= 4 and any(ratio(own, other) >= 75 for other in stems))
