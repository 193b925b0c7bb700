"""The learned order: a weighted sum of features, with weights that depend on the kind of situation, and trees on top.

    score = sum over features f and contexts c of  w[f, c] * context c * feature f  +  trees(all columns)

No weight of a source is negative, and the trees are monotone in what sources say: a track that a source prefers never
loses by that, and a score splits into shares of the sources. The weights rest in a JSON file that people can read, the
trees beside it. `fitting` and `trees` learn them. Knows features by name.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import WeightsCorrupt
from segue.tools.ranking.features import CONTEXTS, Candidates, feature_names
from segue.tools.ranking.tower import SHIPPED
from segue.tools.ranking.trees import Trees

Floats = NDArray[np.float32]
FILE: Final = "ranker.json"
TREES: Final = "trees.json.gz"
FULL: Final = "full"
"""Names the trees of the order over all sources in their file."""
_FORMAT: Final = 2


@dataclass(frozen=True, eq=False)
class Ranker:
    """Weights of the features of some sources, and trees that correct their sum (none: the sum is all)."""

    sources: tuple[str, ...]
    weights: Floats
    """float32 [features, contexts], in the orders of `feature_names(sources)` and `CONTEXTS`."""
    trees: Trees | None = None

    def scores(self, candidates: Candidates) -> Floats:
        """Return the score of each candidate: float32 [candidates]."""
        total: Floats = self.contributions(candidates).sum(axis=1)
        return total if self.trees is None else total + self.trees.scores(candidates)

    def contributions(self, candidates: Candidates) -> Floats:
        """Return what each feature adds to the weighted sum of each candidate: float32 [candidates, features]."""
        added: Floats = candidates.features * (self.weights @ candidates.contexts)
        return added

    def shares(self, candidates: Candidates) -> list[dict[str, float]]:
        """Return the share of each source in each candidate's score; together 1, or all 0."""
        own = self.contributions(candidates)[:, : 2 * len(self.sources)]
        by_source = own.reshape(len(own), len(self.sources), 2).sum(axis=2)
        if self.trees is not None:
            by_source = np.maximum(by_source + self.trees.by_source(candidates), 0)
        totals = by_source.sum(axis=1, keepdims=True)
        shares = np.where(totals > 0, by_source / np.where(totals > 0, totals, 1), 0)
        return [dict(zip(self.sources, row, strict=True)) for row in shares.tolist()]

    def heeds(self, source: str, *, first: bool) -> bool:
        """Tell whether what a source says can change the order; `first`: in the first message of a thread."""
        at = 2 * self.sources.index(source)
        silent = CONTEXTS.index("liked" if first else "first")
        weighs = np.delete(self.weights[at : at + 2], silent, axis=1).any()
        return bool(weighs) or (self.trees is not None and self.trees.heed(source))


@dataclass(frozen=True, eq=False)
class Rankers:
    """The order over all sources, and for each source the order that was fitted without it."""

    full: Ranker
    without: Mapping[str, Ranker]

    def over(self, available: Sequence[str]) -> Ranker:
        """Return the order for these sources: fitted without the one that is missing, or else the full one."""
        missing = [source for source in self.full.sources if source not in available]
        return self.without[missing[0]] if len(missing) == 1 else self.full

    def save(self, folder: Path, *, about: Mapping[str, Any]) -> None:
        """Write the weights by name; `about` says how they came about."""
        rankers = {FULL: self.full, **self.without}
        trees = {name: ranker.trees.model for name, ranker in rankers.items() if ranker.trees is not None}
        # Without a time in it, the same trees make the same file.
        packed = gzip.compress(json.dumps(trees).encode("utf-8"), mtime=0)
        document = {
            "format": _FORMAT,
            "sources": list(self.full.sources),
            **about,
            "trees_sha256": hashlib.sha256(packed).hexdigest(),
            "weights": _table(self.full),
            "without": {source: _table(ranker) for source, ranker in self.without.items()},
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TREES).write_bytes(packed)
        (folder / FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, sources: Sequence[str]) -> "Rankers":
        """Read the weights in `folder`. Raises WeightsCorrupt where they are damaged or weigh other `sources`."""
        try:
            document = json.loads((folder / FILE).read_text("utf-8"))
            if document["format"] != _FORMAT or document["sources"] != list(sources):
                raise WeightsCorrupt(f"{folder / FILE} weighs other sources than {', '.join(sources)}")
            packed = (folder / TREES).read_bytes()
            if hashlib.sha256(packed).hexdigest() != document["trees_sha256"]:
                raise WeightsCorrupt(f"{folder / TREES} is not what {FILE} describes")
            trees = json.loads(gzip.decompress(packed))
            without = {source: _ranker(document["without"][source], sources, trees.get(source)) for source in sources}
            return cls(_ranker(document["weights"], sources, trees.get(FULL)), without)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise WeightsCorrupt(f"the ranker in {folder} cannot be read: {error}") from error

    @classmethod
    def shipped(cls, sources: Sequence[str]) -> "Rankers":
        """Return the weights that come with the package."""
        return _shipped(tuple(sources))


def _table(ranker: Ranker) -> dict[str, dict[str, float]]:
    names = feature_names(ranker.sources)
    rows = [[round(float(weight), 4) for weight in row] for row in ranker.weights]
    return {name: dict(zip(CONTEXTS, row, strict=True)) for name, row in zip(names, rows, strict=True)}


def _ranker(table: Mapping[str, Mapping[str, float]], sources: Sequence[str], trees: str | None) -> Ranker:
    rows = [[float(table[name][context]) for context in CONTEXTS] for name in feature_names(sources)]
    weights = np.array(rows, dtype=np.float32)
    return Ranker(tuple(sources), weights, Trees(tuple(sources), trees) if trees is not None else None)


@cache
def _shipped(sources: tuple[str, ...]) -> Rankers:
    return Rankers.load(SHIPPED, sources)
