"""How well a tokenizer tells the tracks of a catalog apart, and whether it has collapsed.

Knows a tokenizer, tracks' features and codes; prints nothing (`agent.commands.tokenizer` does). Every figure is defined
at the field that carries it.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from segue.generator.encoders.features import Features
from segue.generator.layout import UNKNOWN, Codes, position
from segue.generator.modality import LEVELS, MODALITIES, Modality
from segue.generator.quantizers.clusters import distinct
from segue.generator.quantizers.protocol import Vectors
from segue.generator.tokenizer import Tokenizer

LEAST_PERPLEXITY: Final = 0.1
"""Collapse: a level whose perplexity over different values is a smaller share of its reachable codes."""
MOST_DEAD: Final = 0.7
"""Collapse: a level with a larger share of reachable codes that no track has."""
_JUDGED_FROM: Final = 8
"""Reachable codes below which a level is too small to be judged."""
_EXPLAINED: Final = 0.02
"""Share of the variance below which a prefix has said all there is, so that the level after it is not judged."""
_HUB_SAMPLE: Final = 2_000
_HUB_NEIGHBOURS: Final = 10


class _Report(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelReport(_Report):
    """One codebook over the tracks that have the modality."""

    codes: int
    """Codes of the codebook."""
    reachable: int
    """Codes that these tracks could use at most: no more than there are different values left to tell apart."""
    used: int
    """Codes that at least one track has."""
    dead: int
    """Reachable codes that no track has."""
    perplexity: float
    """2 to the entropy of the code's distribution over tracks: the number of evenly used codes it is worth."""
    value_perplexity: float
    """The same over the different values: what one value repeated by many tracks cannot pull down."""
    error: float
    """Squared error of the vectors decoded from this level's prefix, as a share of the variance around the mean."""
    usage: list[int]
    """Tracks per code, the most frequent first."""


class ModalityReport(_Report):
    """One modality."""

    trained: bool
    """False where the tokenizer has no quantizer for it, so that every track is unknown."""
    unknown: float
    """Share of tracks without it."""
    values: int = 0
    """Different vectors among the tracks."""
    distinct: int = 0
    """Different codes (all three levels) among the tracks."""
    collisions: float = 0.0
    """Share of the different vectors that must share their code with another, before any tie-break."""
    hubness: float | None = None
    """Skewness of the 10-occurrence: how unevenly decoded vectors are among each other's nearest ten (of 2,000)."""
    hubness_before: float | None = None
    """The same of the vectors themselves."""
    levels: list[LevelReport] = []


class TokenizerReport(_Report):
    """All of it."""

    fingerprint: str
    tracks: int
    modalities: dict[Modality, ModalityReport]
    ids: int
    """Different semantic IDs before the tie-break."""
    colliding: float
    """Share of tracks that have the same 27 codes as another."""
    largest: int
    """Tracks with the most frequent 27 codes."""
    tie_breaks: int
    """Tracks that need a tie-break number above 0."""
    problems: list[str]
    """What counts as collapse, one sentence each; empty where all is well."""


def report(
    tokenizer: Tokenizer, features: Mapping[Modality, Features], codes: Codes, *, seed: int = 0
) -> TokenizerReport:
    """Measure `codes` (n, 27), which `tokenizer` made of `features`. ValueError without any track."""
    if not len(codes):
        raise ValueError("there is nothing to report on: no tracks")
    modalities = {
        modality: _modality(tokenizer, modality, features.get(modality), codes, seed) for modality in MODALITIES
    }
    _, counts = np.unique(codes, axis=0, return_counts=True)
    return TokenizerReport(
        fingerprint=tokenizer.fingerprint,
        tracks=len(codes),
        modalities=modalities,
        ids=len(counts),
        colliding=float(counts[counts > 1].sum() / len(codes)),
        largest=int(counts.max()),
        tie_breaks=int(len(codes) - len(counts)),
        problems=[problem for modality, one in modalities.items() for problem in _problems(modality, one)],
    )


def _modality(
    tokenizer: Tokenizer, modality: Modality, features: Features | None, codes: Codes, seed: int
) -> ModalityReport:
    place = position(modality, 1)
    known = codes[:, place] != UNKNOWN
    trained = modality in tokenizer.quantizers
    if features is None or not known.any():
        return ModalityReport(trained=trained, unknown=float(1 - known.mean()))
    vectors = features.vectors[known]
    own = codes[known, place : place + LEVELS]
    rows = distinct(np.ascontiguousarray(vectors))
    values, distinct_codes = len(rows.vectors), len(np.unique(own, axis=0))
    first = np.unique(rows.inverse, return_index=True)[1]
    decoded = [tokenizer.reconstruct(codes[known], modality, levels=level).vectors for level in range(1, LEVELS + 1)]
    variance = float(((vectors - vectors.mean(axis=0)) ** 2).sum(axis=1).mean())
    levels = []
    for level, size in enumerate(tokenizer.quantizers[modality].sizes):
        prefixes = len(np.unique(own[:, :level], axis=0)) if level else 1
        usage = np.unique(own[:, level], return_counts=True)[1]
        # Values that the prefix already tells apart leave nothing for this level to do.
        reachable = min(size, values - prefixes + 1)
        error = float(((vectors - decoded[level]) ** 2).sum(axis=1).mean())
        levels.append(
            LevelReport(
                codes=size,
                reachable=reachable,
                used=len(usage),
                dead=max(0, reachable - len(usage)),
                perplexity=_perplexity(usage),
                value_perplexity=_perplexity(np.unique(own[first, level], return_counts=True)[1]),
                error=error / variance if variance else 0.0,
                usage=sorted((int(count) for count in usage), reverse=True),
            )
        )
    return ModalityReport(
        trained=trained,
        unknown=float(1 - known.mean()),
        values=values,
        distinct=distinct_codes,
        collisions=1 - distinct_codes / values if values else 0.0,
        hubness=hubness(decoded[-1], seed=seed),
        hubness_before=hubness(vectors, seed=seed),
        levels=levels,
    )


def _perplexity(counts: NDArray[np.int64]) -> float:
    share = counts / counts.sum()
    return float(2 ** -(share * np.log2(share)).sum())


def _problems(modality: Modality, found: ModalityReport) -> list[str]:
    problems = []
    left = 1.0
    for number, level in enumerate(found.levels, start=1):
        explained, left = left < _EXPLAINED, level.error
        if level.reachable < _JUDGED_FROM or explained:
            continue
        where = f"{modality} level {number}"
        if level.value_perplexity < LEAST_PERPLEXITY * level.reachable:
            problems.append(
                f"{where} has collapsed: perplexity {level.value_perplexity:.1f} of {level.reachable} reachable codes"
            )
        if level.dead > MOST_DEAD * level.reachable:
            problems.append(f"{where} has collapsed: {level.dead} of {level.reachable} reachable codes are dead")
    return problems


def hubness(vectors: Vectors, *, seed: int = 0, neighbours: int = _HUB_NEIGHBOURS) -> float | None:
    """Return the skewness of the k-occurrence N_k: in how many lists of k nearest neighbours each vector appears.

    Radovanovic et al. (2010), section 2; Euclidean distance, over at most 2,000 different vectors. 0 is even, above
    about 2 a few hubs are near everything. None where there are too few vectors to have neighbours.
    """
    rows = distinct(np.ascontiguousarray(vectors, dtype=np.float32)).vectors
    if len(rows) > _HUB_SAMPLE:
        rows = rows[np.random.default_rng(seed).choice(len(rows), _HUB_SAMPLE, replace=False)]
    if len(rows) <= 2 * neighbours:
        return None
    squares = np.einsum("nd,nd->n", rows, rows)
    distance: NDArray[np.float32] = squares[None, :] - 2 * rows @ rows.T
    np.fill_diagonal(distance, np.inf)
    nearest = np.argpartition(distance, neighbours, axis=1)[:, :neighbours]
    occurrence = np.bincount(nearest.ravel(), minlength=len(rows)).astype(np.float64)
    spread = occurrence.std()
    return float(((occurrence - occurrence.mean()) ** 3).mean() / spread**3) if spread else 0.0
