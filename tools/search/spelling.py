"""Spelling: which words of a vocabulary a misspelt word may stand for.

Candidates share the first letter or the last three, for typists rarely miss both ends of a word; that keeps a look-up
well below a millisecond with 50,000 words and needs no deletion table. Knows a list of words, nothing of names.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 4
"""Shorter words are not corrected: nearly every one is a typing slip away from another."""


class Correction(NamedTuple):
    """A word of the vocabulary that a misspelt word may stand for."""

    word: int
    """Its number in the vocabulary."""
    edits: int
    """Insertions, deletions, substitutions and swaps of neighbours between the two (optimal string alignment)."""


def allowed_edits(length: int) -> int:
    """Return how many edits a word of `length` letters may need: 0 below four, 1 below eight, then 2."""
    if length < SHORTEST:
        return 0
    return 1 if length < 8 else 2


class Speller:
    """Finds the words of a vocabulary within a few edits of a given word."""

    def __init__(self, vocabulary: Sequence[str], *, most: int = 12) -> None:
        self._most = most
        buckets: defaultdict[tuple[str, int], dict[int, str]] = defaultdict(dict)
        for number, word in enumerate(vocabulary):
            if len(word) >= SHORTEST - 1:
                buckets["^" + word[0], len(word)][number] = word
                buckets[word[-3:] + "$", len(word)][number] = word
        self._buckets = dict(buckets)
        self._cache: dict[str, tuple[Correction, ...]] = {}

    def corrections(self, word: str) -> tuple[Correction, ...]:
        """Return the words within the edits that the length of `word` allows, nearest first; `word` itself excluded."""
        known = self._cache.get(word)
        if known is None:
            if len(self._cache) > 50_000:
                self._cache.clear()
            known = self._cache[word] = self._look_up(word)
        return known

    def _look_up(self, word: str) -> tuple[Correction, ...]:
        limit = allowed_edits(len(word))
        if limit == 0:
            return ()
        found: dict[int, int] = {}
        lengths = range(len(word) - limit, len(word) + limit + 1)
        for bucket in product(("^" + word[0], word[-3:] + "$"), lengths):
            for _, distance, number in process.extract(
                word, self._buckets.get(bucket, {}), scorer=OSA.distance, processor=None,
                score_cutoff=limit, limit=self._most,
            ):  # fmt: skip
                if distance > 0:
                    found[number] = int(distance)
        ordered = sorted(found.items(), key=lambda item: (item[1], item[0]))[: self._most]
        return tuple(Correction(number, edits) for number, edits in ordered)
