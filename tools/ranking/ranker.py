"""The learned order: a weighted sum of features, with weights that depend on the kind of situation.

    score = sum over features f and contexts c of  w[f, c] * context c * feature f

No weight of a source is negative: a track that a source prefers never loses by that, and a score splits into shares of
the sources. The weights rest in a JSON file that people can read. `fitting` learns them. Knows features by name.
"""

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

Floats = NDArray[np.float32]
FILE: Final = "ranker.json"
_FORMAT: Final = 1


@dataclass(frozen=True, eq=False)
class Ranker:
    """Weights of the features of some sources."""

    sources: tuple[str, ...]
    weights: Floats
    """float32 [features, contexts], in the orders of `feature_names(sources)` and `CONTEXTS`."""

    def contributions(self, candidates: Candidates) -> Floats:
        """Return what each feature adds to the score of each candidate: float32 [candidates, features]."""
        added: Floats = candidates.features * (self.weights @ candidates.contexts)
        return added

    def shares(self, contributions: Floats) -> dict[str, float]:
        """Return the share of each source in one track's score, from its row of contributions; together 1 or all 0."""
        by_source = contributions[: 2 * len(self.sources)].reshape(-1, 2).sum(axis=1)
        total = float(by_source.sum())
        return {
            source: float(value) / total if total > 0 else 0.0
            for source, value in zip(self.sources, by_source.tolist(), strict=True)
        }


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
        document = {
            "format": _FORMAT,
            "sources": list(self.full.sources),
            **about,
            "weights": _table(self.full),
            "without": {source: _table(ranker) for source, ranker in self.without.items()},
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, sources: Sequence[str]) -> "Rankers":
        """Read the weights in `folder`. Raises WeightsCorrupt where they are damaged or weigh other `sources`."""
        try:
            document = json.loads((folder / FILE).read_text("utf-8"))
            if document["format"] != _FORMAT or document["sources"] != list(sources):
                raise WeightsCorrupt(f"{folder / FILE} weighs other sources than {', '.join(sources)}")
            without = {source: _ranker(document["without"][source], sources) for source in sources}
            return cls(_ranker(document["weights"], sources), without)
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


def _ranker(table: Mapping[str, Mapping[str, float]], sources: Sequence[str]) -> Ranker:
    rows = [[float(table[name][context]) for context in CONTEXTS] for name in feature_names(sources)]
    return Ranker(tuple(sources), np.array(rows, dtype=np.float32))


@cache
def _shipped(sources: tuple[str, ...]) -> Rankers:
    return Rankers.load(SHIPPED, sources)
