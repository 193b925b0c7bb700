"""Entity linking: which artists, titles and albums of the catalog a message names, misspelt or not.

Candidates from the trie of names (`candidates.py`) are weighed by their evidence (`evidence.py`); the best set of
non-overlapping ones is the answer. Everyday words that happen to be names ("love", "yes", "the band") count only where
the message shows that the name is meant. Knows one message at a time; what "that song" refers to is not its business.
"""

from collections.abc import Iterable, Sequence
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from segue.generator.track import Track
from segue.tools.search.candidates import Candidate, find_candidates
from segue.tools.search.evidence import Features, Reading, Weights, add_company, features
from segue.tools.search.name_index import NameIndex
from segue.tools.search.name_table import Kind
from segue.tools.search.spelling import Speller
from segue.tools.search.words import words

THRESHOLD: Final = 0.6
"""Probability from which on a candidate is taken as meant."""
ALTERNATIVE: Final = 0.05
"""Probability from which on another reading of the same stretch is reported beside the best."""
LONGEST: Final = 400
"""Words of a message that are read; what follows is left out."""


class Meaning(BaseModel):
    """One name that a stretch of a message may mean."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    name: str
    """As the catalog spells it."""
    score: float
    """Probability, 0 to 1, that the name is meant."""
    positions: tuple[int, ...]
    """Positions of the tracks that bear the name; several artists may share a title."""
    exact: bool
    """Whether the stretch spells the name without a mistake (case, accents, punctuation, articles apart)."""


class Mention(Meaning):
    """A stretch of a message that names something of the catalog."""

    start: int
    """Offset of its first character."""
    end: int
    """Offset behind its last character."""
    text: str
    alternatives: tuple[Meaning, ...] = ()
    """Other readings of the same stretch, the likeliest first."""


class EntityLinker:
    """Links names in free text to the tracks of one catalog.

    A message takes a few milliseconds. Safe to share between threads.
    """

    def __init__(self, names: NameIndex, *, weights: Weights | None = None, threshold: float = THRESHOLD) -> None:
        self.names = names
        self.weights = weights or Weights.shipped()
        self.threshold = threshold
        self._speller = Speller(list(names.vocabulary))

    @classmethod
    def build(cls, tracks: Iterable[Track], *, threshold: float = THRESHOLD) -> "EntityLinker":
        """Return a linker over `tracks`; positions count them from 0 in the order given."""
        return cls(NameIndex.of_tracks(tracks), threshold=threshold)

    @classmethod
    def of_columns(
        cls, titles: Sequence[str], artists: Sequence[Sequence[str]], albums: Sequence[str | None]
    ) -> "EntityLinker":
        """Return a linker over columns with one entry per track."""
        return cls(NameIndex.of_columns(titles, artists, albums))

    def candidates(self, text: str) -> tuple[Reading, list[Candidate], list[Features]]:
        """Return `text` as read, all candidates in it, and the features of each (what the weights are fitted on)."""
        reading = Reading(text, words(text)[:LONGEST])
        found = find_candidates(reading.words, self.names, self._speller)
        rows = [features(reading, c, self.names.names[c.name], self.names.prominence(c.name)) for c in found]
        add_company(reading, found, rows, self.names)
        return reading, found, rows

    def link(self, text: str, *, bare: bool = False) -> list[Mention]:
        """Return the non-overlapping mentions in `text` that are likelier meant than not, in order of appearance.

        With `bare`, a text that spells nothing but a name counts as that name, however common its words: "hello" typed
        into a search box is a title, said to a person it is not.
        """
        reading, found, rows = self.candidates(text)
        whole = (0, len(reading.words))
        by_span: dict[tuple[int, int], list[tuple[float, Candidate]]] = {}
        for c, row in zip(found, rows, strict=True):
            score = self.weights.probability(self.names.names[c.name].kind, row)
            if bare and (c.first, c.stop) == whole and not c.edits and c.form in ("full", "bare"):
                score = max(score, self.threshold + (1 - self.threshold) * score)
            if score >= ALTERNATIVE:
                by_span.setdefault((c.first, c.stop), []).append((score, c))
        for readings in by_span.values():
            readings.sort(key=lambda item: (-item[0], item[1].edits, item[1].name))
        chosen = _best_cover({span: readings[0][0] for span, readings in by_span.items()}, self.threshold)
        return [self._mention(reading, span, by_span[span]) for span in chosen]

    def _meaning(self, score: float, c: Candidate) -> Meaning:
        name = self.names.names[c.name]
        positions = tuple(self.names.positions(c.name).tolist())
        return Meaning(kind=name.kind, name=name.text, score=score, positions=positions, exact=c.edits == 0)

    def _mention(self, reading: Reading, span: tuple[int, int], readings: list[tuple[float, Candidate]]) -> Mention:
        start, end = reading.words[span[0]].start, reading.words[span[1] - 1].end
        first, *others = (self._meaning(score, c) for score, c in readings)
        return Mention(
            **dict(first), start=start, end=end, text=reading.text[start:end], alternatives=tuple(others[:8])
        )


def positions_of(mentions: Iterable[Meaning]) -> NDArray[np.int32]:
    """Return the distinct track positions of `mentions`, ascending."""
    return np.array(sorted({p for mention in mentions for p in mention.positions}), dtype=np.int32)


def _best_cover(scores: dict[tuple[int, int], float], threshold: float) -> list[tuple[int, int]]:
    """Return the non-overlapping spans with the greatest sum of log-odds above the threshold's, in order.

    Weighted interval scheduling by dynamic programming over the ends of the spans.
    """
    bar = log(threshold / (1 - threshold))
    ends: dict[int, list[tuple[int, float]]] = {}
    for (first, stop), score in scores.items():
        gain = log(max(score, 1e-12) / max(1 - score, 1e-12)) - bar
        if gain > 0:
            ends.setdefault(stop, []).append((first, gain))
    last = max(ends, default=0)
    best: list[tuple[float, tuple[int, int] | None]] = [(0.0, None)]
    for stop in range(1, last + 1):
        option: tuple[float, tuple[int, int] | None] = (best[stop - 1][0], None)
        for first, gain in ends.get(stop, ()):
            if best[first][0] + gain > option[0]:
                option = (best[first][0] + gain, (first, stop))
        best.append(option)
    chosen: list[tuple[int, int]] = []
    place = last
    while place > 0:
        span = best[place][1]
        if span is None:
            place -= 1
        else:
            chosen.append(span)
            place = span[0]
    return chosen[::-1]
