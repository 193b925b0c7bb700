"""Semantic IDs that look like a catalog's, and queries for them, drawn from one seed.

No real catalog of 1.6 million tracks may be shipped, so the codes are made: tracks belong to clusters of Zipf-like
size (an artist, a scene), a cluster has codes of its own in every modality, a track follows its cluster in a part of
them and draws the others from skewed frequencies, and some modalities are often unknown.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.codes import CodeTable
from segue.generator.distribution import CodeDistribution, ModalityDistribution
from segue.generator.layout import DEFAULT_LAYOUT, UNKNOWN, CodeLayout, Codes
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS
from segue.tools.soft_query import SoftQuery, log_prior

CLUSTERS_PER_TRACK: Final = 1 / 40
FOLLOWED: Final = (0.7, 0.5, 0.35)
"""How often a track has its cluster's code of level 1, 2 and 3, each given the level above."""
UNKNOWN_SHARE: Final = (0.05, 0.0, 0.1, 0.3, 0.3, 0.05, 0.5, 0.3, 0.4)
"""How often a track lacks each modality."""
ALTERED: Final = 0.3
"""How many codes of a query are drawn anew."""
CERTAINTY: Final = 0.5
"""Probability that a simulated generator puts on the code of the track sought; the rest spreads like softmax noise."""
_PEAK: Final = 4.0
"""How much more than by such noise a distribution's scores favour the codes sought."""
_SPREADS: Final = (2.5, 2.2, 1.2, 2.2, 1.0, 0.2)
"""Standard deviations of a distribution's scores, as a trained compact generator has them on average: of level 1; of
level 2, shared by all codes above and under each; of level 3, shared, under each code of level 1 and of level 2."""


def synthetic_table(tracks: int, *, seed: int, layout: CodeLayout = DEFAULT_LAYOUT) -> CodeTable:
    """Return a code table of so many tracks."""
    rng = np.random.default_rng(seed)
    clusters = max(1, int(tracks * CLUSTERS_PER_TRACK))
    # Sizes fall off like a Zipf law with exponent 1, cut at the number of clusters.
    cluster = np.minimum((clusters + 1) ** rng.random(tracks, dtype=np.float32), clusters).astype(np.int32) - 1
    codes = np.empty((tracks, POSITIONS), dtype=np.uint8)
    for m in range(len(MODALITIES)):
        unknown = rng.random(tracks, dtype=np.float32) < UNKNOWN_SHARE[m]
        follows = ~unknown
        for level in range(LEVELS):
            place = LEVELS * m + level
            follows &= rng.random(tracks, dtype=np.float32) < FOLLOWED[level]
            own = _skewed(rng, clusters, layout, place)
            column = np.where(follows, own[cluster], _skewed(rng, tracks, layout, place))
            column[unknown] = UNKNOWN
            codes[:, place] = column
    return CodeTable.build(codes, layout=layout, fingerprint=f"synthetic-{seed}", catalog=f"synthetic-{tracks}")


def hard_queries(table: CodeTable, count: int, *, seed: int) -> tuple[Codes, NDArray[np.int64]]:
    """Return codes [count, 27] of random tracks with some of them altered, and the tracks' rows."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(table), count)
    codes = table.codes(rows)
    for place in range(POSITIONS):
        known = codes[:, place - place % LEVELS] != UNKNOWN
        drawn = _skewed(rng, count, table.layout, place)
        codes[:, place] = np.where(known & (rng.random(count) < ALTERED), drawn, codes[:, place])
    return codes, rows


def soft_queries(table: CodeTable, count: int, *, seed: int) -> tuple[list[SoftQuery], NDArray[np.int64]]:
    """Return what a generator that is half sure would say of random tracks: log p(code) - log prior."""
    rng = np.random.default_rng(seed)
    codes, rows = hard_queries(table, count, seed=seed)
    prior = log_prior(table)
    queries = []
    for sought in codes:
        logs = []
        for size, code in zip(table.layout.sizes.tolist(), sought.tolist(), strict=True):
            noise = np.exp(2.0 * rng.normal(size=size))
            likely = (1 - CERTAINTY) * noise / noise.sum()
            likely[code] += CERTAINTY
            logs.append(np.log(likely))
        queries.append(SoftQuery.from_probabilities(table.layout, logs, prior))
    return queries, rows


def distributions(table: CodeTable, count: int, *, seed: int) -> list[CodeDistribution]:
    """Return answers about random tracks as distributions in which each level depends on the one above."""
    rng = np.random.default_rng(seed)
    codes, _ = hard_queries(table, count, seed=seed)
    found = []
    for sought in codes.reshape(count, len(MODALITIES), LEVELS).tolist():
        parts = []
        for (first, second, third), sizes in zip(sought, table.layout.sizes.reshape(-1, LEVELS).tolist(), strict=True):
            one, two, three = sizes
            shapes = ((one,), (two,), (one, two), (three,), (one, three), (two, three))
            drawn = [
                rng.normal(0.0, spread, shape).astype(np.float32)
                for spread, shape in zip(_SPREADS, shapes, strict=True)
            ]
            drawn[0][first] += _PEAK
            drawn[1][second] += _PEAK
            drawn[3][third] += _PEAK
            parts.append(ModalityDistribution(drawn[0], drawn[1] + drawn[2], (drawn[3], drawn[4], drawn[5])))
        found.append(CodeDistribution(table.layout, tuple(parts)))
    return found


def anew(distribution: CodeDistribution) -> CodeDistribution:
    """Return the same distribution as a generator hands it out: nothing about it is worked out yet."""
    return replace(distribution, modalities=tuple(replace(part) for part in distribution.modalities))


def random_weights(count: int, *, seed: int) -> NDArray[np.float64]:
    """Return modality weights 0 to 10 as the importance model gives them: float64 [count, 9], a few of them high."""
    return 10.0 * np.random.default_rng(seed).beta(0.8, 1.6, (count, len(MODALITIES)))


def _skewed(rng: np.random.Generator, count: int, layout: CodeLayout, place: int) -> NDArray[np.uint8]:
    """Draw codes of one position; code c is about as frequent as 1 / (c + 8)."""
    first = 1 if place % LEVELS == 0 else 0
    size = int(layout.sizes[place]) - first
    odds = np.cumsum(1.0 / (np.arange(size) + 8.0))
    drawn = np.searchsorted(odds / odds[-1], rng.random(count), side="right")
    return (np.minimum(drawn, size - 1) + first).astype(np.uint8)
