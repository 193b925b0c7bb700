"""What a generator answers: a distribution over semantic IDs, factorised by modality and level.

Given a dialogue the nine modalities are independent, and within one modality

    p(c1, c2, c3) = p(c1) p(c2 | c1) p(c3 | c1, c2),    p(c3 | c1, c2) = softmax over c3 of (a + b[c1] + d[c2])

so that 129 x 64 x 31 probabilities are held as a few small tables and worked out only where they are asked for. The
unknown code of level 1 has the probability 0: a listener asks for music, not for gaps in a catalog. All logarithms are
natural. Knows code layouts and numbers; no models, no tracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.layout import UNKNOWN, CodeLayout, Codes
from segue.generator.modality import LEVELS, MODALITIES

Floats = NDArray[np.float32]

_COUNTED: Final = 1 << 20
"""Up to so many possible triples of codes are counted in a table (256k by the default layout); else they are sorted."""


@dataclass(frozen=True, eq=False)
class ModalityDistribution:
    """The distribution over the three codes of one modality, K1, K2, K3 the sizes of its codebooks.

    Unnormalised scores are accepted and normalised; -inf forbids a code, as long as every row keeps a finite score.
    """

    first: Floats
    """[K1] scores of level 1. The unknown code's is ignored."""
    second: Floats
    """[K1, K2] scores of level 2 given level 1."""
    third: tuple[Floats, Floats, Floats]
    """The parts of level 3's scores: [K3] alone, [K1, K3] given level 1, [K2, K3] given level 2."""

    @classmethod
    def independent(cls, first: NDArray[Any], second: NDArray[Any], third: NDArray[Any]) -> Self:
        """Return a distribution whose levels do not depend on each other, from scores [K1], [K2] and [K3]."""
        one, two, three = (np.asarray(part, dtype=np.float32) for part in (first, second, third))
        by_first = np.broadcast_to(two, (len(one), len(two)))
        zeros = np.zeros((len(one), len(three)), np.float32), np.zeros((len(two), len(three)), np.float32)
        return cls(one, by_first, (three, *zeros))

    @cached_property
    def log_first(self) -> Floats:
        """Log p(c1): [K1], -inf at the unknown code."""
        known = self.first.astype(np.float32, copy=True)
        known[UNKNOWN] = -np.inf
        return _log_softmax(known)

    @cached_property
    def log_second(self) -> Floats:
        """Log p(c2 | c1): [K1, K2]."""
        return _log_softmax(self.second)

    def log_third(self, first: NDArray[Any], second: NDArray[Any]) -> Floats:
        """Return log p(c3 | c1, c2) for n given pairs of codes: [n, K3]."""
        alone, by_first, by_second = self.third
        return _log_softmax(alone + by_first[first] + by_second[second])

    @cached_property
    def _third_factors(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The exponentials of level 3's parts, each row scaled to a largest entry of 1, and the scales' logarithm."""
        alone, by_first, by_second = (part.astype(np.float64) for part in self.third)
        rows = alone + by_first
        top_first, top_second = rows.max(axis=1, keepdims=True), by_second.max(axis=1, keepdims=True)
        return np.exp(rows - top_first), np.exp(by_second - top_second), top_first + top_second.T

    @cached_property
    def _log_third_sum(self) -> Floats:
        """The logarithm of level 3's normaliser for every pair of codes: [K1, K2].

        A sum of products of two factors is a matrix product, so that no [K1, K2, K3] table is ever made.
        """
        first, second, scale = self._third_factors
        total: Floats = (np.log(first @ second.T) + scale).astype(np.float32)
        return total

    @cached_property
    def marginals(self) -> tuple[Floats, Floats, Floats]:
        """Log probabilities of the codes of each level by themselves: [K1], [K2], [K3]."""
        pairs = np.exp((self.log_first[:, None] + self.log_second).astype(np.float64))
        first, second, _ = self._third_factors
        # p(c3) = sum over the pairs of p(c1, c2) f[c1, c3] s[c2, c3] / sum_c3 f s
        third = (first * ((pairs / (first @ second.T)) @ second)).sum(axis=0)
        with np.errstate(divide="ignore"):
            two, three = (np.log(p).astype(np.float32) for p in (pairs.sum(axis=0), third))
        return self.log_first, two, three

    @cached_property
    def best(self) -> tuple[int, int, int]:
        """The codes that greedy decoding, level by level, arrives at; the smallest among equals."""
        first = int(np.argmax(self.log_first))
        second = int(np.argmax(self.log_second[first]))
        third = self.log_third(np.array([first]), np.array([second]))
        return first, second, int(np.argmax(third[0]))

    def log_probability(self, codes: NDArray[Any]) -> Floats:
        """Return log p(codes) for codes [n, 3]: float32 [n], 0 where the modality is unknown."""
        first, second, third = np.asarray(codes, dtype=np.intp).T
        alone, by_first, by_second = self.third
        total = (self.log_first[:, None] + self.log_second - self._log_third_sum)[first, second]
        total = total + alone[third] + by_first[first, third] + by_second[second, third]
        return np.where(first == UNKNOWN, np.float32(0), total)

    @property
    def look_ups(self) -> tuple[Floats, Floats, Floats]:
        """Three tables whose sum at a track's codes is log p: [K1, K2] at (c1, c2), [K1, K3] at (c1, c3), [K2, K3]."""
        alone, by_first, by_second = self.third
        return self.log_first[:, None] + self.log_second - self._log_third_sum, alone + by_first, by_second

    def sample(self, generator: np.random.Generator, temperature: float = 1.0) -> tuple[int, int, int]:
        """Draw three codes; a temperature below 1 prefers the likely ones."""
        first = _draw(self.log_first, generator, temperature)
        second = _draw(self.log_second[first], generator, temperature)
        third = _draw(self.log_third(np.array([first]), np.array([second]))[0], generator, temperature)
        return first, second, third


@dataclass(frozen=True, eq=False)
class CodeDistribution:
    """The distribution over whole semantic IDs. Raises ValueError where its parts do not fit the layout."""

    layout: CodeLayout
    modalities: tuple[ModalityDistribution, ...]
    """Nine, in semantic-ID order."""

    def __post_init__(self) -> None:
        if len(self.modalities) != len(MODALITIES):
            raise ValueError(f"a distribution needs {len(MODALITIES)} modalities, not {len(self.modalities)}")
        for part, sizes in zip(self.modalities, self.layout.sizes.reshape(-1, LEVELS).tolist(), strict=True):
            one, two, three = sizes
            shapes = [part.first.shape, part.second.shape, *(table.shape for table in part.third)]
            if shapes != [(one,), (one, two), (three,), (one, three), (two, three)]:
                raise ValueError(f"codebooks of {sizes} codes do not fit tables of the shapes {shapes}")

    @classmethod
    def peaked(cls, layout: CodeLayout, codes: NDArray[Any], *, sharpness: float = 8.0) -> Self:
        """Return a distribution with its mode at `codes` [27]; unknown modalities are uniform."""
        parts = []
        for triple, sizes in zip(
            layout.check(codes).reshape(-1, LEVELS), layout.sizes.reshape(-1, LEVELS).tolist(), strict=True
        ):
            scores = [np.zeros(size, dtype=np.float32) for size in sizes]
            if triple[0] != UNKNOWN:
                for level, code in zip(scores, triple.tolist(), strict=True):
                    level[code] = sharpness
            parts.append(ModalityDistribution.independent(*scores))
        return cls(layout, tuple(parts))

    @property
    def best(self) -> Codes:
        """The greedy semantic ID: uint8 [27]."""
        return np.array([part.best for part in self.modalities], dtype=np.uint8).reshape(-1)

    def sample(self, generator: np.random.Generator, temperature: float = 1.0) -> Codes:
        """Draw one semantic ID: uint8 [27]."""
        drawn = [part.sample(generator, temperature) for part in self.modalities]
        return np.array(drawn, dtype=np.uint8).reshape(-1)

    def soft_tables(self) -> list[Floats]:
        """Return log p(code) of every position by itself: 27 arrays of `layout.sizes[p]`, as soft matching takes them.

        The entry of an unknown code is -inf; soft matching ignores it.
        """
        return [table for part in self.modalities for table in part.marginals]

    def log_probabilities(self, codes: NDArray[Any]) -> Floats:
        """Return log p of the codes of each modality, float32 [n, 9] for codes [n, 27]; unknown is 0."""
        triples = np.asarray(codes).reshape(len(codes), len(MODALITIES), LEVELS)
        return np.stack([part.log_probability(triples[:, m]) for m, part in enumerate(self.modalities)], axis=1)

    def score(self, codes: NDArray[Any], prior: NDArray[Any], weights: Sequence[float] | NDArray[Any]) -> Floats:
        """Return sum over modalities of w_m [log p(codes | dialogue) - log p(codes)], float32 [n]; unknown counts 0.

        `codes` [n, 27] are the tracks', `prior` [n, 9] their log p(codes) in the catalog (`log_code_prior`), `weights`
        [9] the modalities'. Exact: the levels' conditional probabilities are used, not the marginals.
        """
        gain = self.log_probabilities(codes) - np.asarray(prior, dtype=np.float32)
        total: Floats = gain @ np.asarray(weights, dtype=np.float32)
        return total


def log_code_prior(codes: NDArray[Any], layout: CodeLayout, *, smoothing: float = 1.0) -> Floats:
    """Return log p(codes) of each modality in a catalog with the semantic IDs `codes` [n, 27]: float32 [n, 9].

    Frequencies level by level among the tracks that have the modality, `smoothing` added to each count. Unknown is 0.
    """
    triples = np.asarray(codes).reshape(len(codes), len(MODALITIES), LEVELS)
    sizes = layout.sizes.reshape(-1, LEVELS)
    prior = np.zeros((len(codes), len(MODALITIES)), dtype=np.float32)
    for m in range(len(MODALITIES)):
        known = triples[:, m, 0] != UNKNOWN
        prefix = np.zeros(int(known.sum()), dtype=np.int64)
        above = np.full(len(prefix), len(prefix), dtype=np.int64)
        for level in range(LEVELS):
            prefix = prefix * int(sizes[m, level]) + triples[known, m, level]
            counts = _frequencies(prefix, int(sizes[m, : level + 1].prod()))
            choices = int(sizes[m, level]) - (level == 0)
            prior[known, m] += np.log((counts + smoothing) / (above + smoothing * choices))
            above = counts
    return prior


def _frequencies(numbers: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Return how often each of the numbers, all below `limit`, occurs among them."""
    if limit <= _COUNTED:
        return np.bincount(numbers, minlength=limit)[numbers]
    _, where, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return counts[where]


def _log_softmax(scores: Floats) -> Floats:
    top = scores.max(axis=-1, keepdims=True)
    shifted = scores - top
    total: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return total


def _draw(log_p: Floats, generator: np.random.Generator, temperature: float) -> int:
    p = np.exp(_log_softmax(log_p / np.float32(temperature)).astype(np.float64))
    return int(generator.choice(len(p), p=p / p.sum()))
