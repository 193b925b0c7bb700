"""The trees on top of the weighted sum: LambdaMART (Burges 2010), which learns what a sum cannot say.

Boosting starts from the score of the weighted sum, so that the trees only learn what to add to it. More of what a
source says never lowers a track, as in the sum (monotone constraints). LightGBM fits them and runs them. Knows columns
by name, no tracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.details import DETAILS
from segue.tools.ranking.features import CONTEXTS, DISLIKED_ARTIST, Candidates, feature_names

if TYPE_CHECKING:
    from lightgbm import Booster

Floats = NDArray[np.float32]
ROUNDS: Final = 200
TOP: Final = 200
"""Candidates of a turn that the trees learn from, the best by the weighted sum."""
_SETTINGS: Final = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 20,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 50,
    "lambda_l2": 10.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 0,
    "verbose": -1,
}


@dataclass(frozen=True, eq=False)
class Trees:
    """Fitted trees over the columns of some sources."""

    sources: tuple[str, ...]
    model: str
    """LightGBM's own text form."""

    def scores(self, candidates: Candidates) -> Floats:
        """Return what the trees add to the score of each candidate: float32 [candidates]."""
        if not len(candidates.rows):
            return np.zeros(0, dtype=np.float32)
        added = self._booster.predict(_columns(candidates), num_threads=1)
        return np.asarray(added, dtype=np.float32)

    def by_source(self, candidates: Candidates) -> Floats:
        """Return how much of that each source has brought about: float32 [candidates, sources].

        By Shapley values (Lundberg 2017, TreeSHAP); what the dialogue and the track's own columns add is left out.
        """
        if not len(candidates.rows):
            return np.zeros((0, len(self.sources)), dtype=np.float32)
        values = np.asarray(self._booster.predict(_columns(candidates), num_threads=1, pred_contrib=True))
        owners = np.array([*_owners(self.sources), None], dtype=object)
        parts = [values[:, owners == source].sum(axis=1) for source in self.sources]
        return np.stack(parts, axis=1).astype(np.float32)

    def heed(self, source: str) -> bool:
        """Tell whether what a source says can change anything."""
        used = np.asarray(self._booster.feature_importance("split"))
        return bool(used[np.array(_owners(self.sources), dtype=object) == source].any())

    @cached_property
    def _booster(self) -> "Booster":
        from lightgbm import Booster

        booster = Booster(model_str=self.model)
        if booster.num_feature() != len(_owners(self.sources)):
            raise ValueError(f"the trees read {booster.num_feature()} columns, not {len(_owners(self.sources))}")
        return booster


def fit_trees(
    turns: Sequence[tuple[Candidates, NDArray[np.bool_], float]],
    sums: Sequence[Floats],
    sources: Sequence[str],
    *,
    rounds: int = ROUNDS,
) -> Trees:
    """Return the trees that put what was liked first.

    Args:
        turns: candidates, which of them were liked (bool [candidates], at least one), and the weight of the turn.
        sums: the score of the weighted sum for each turn's candidates, float32 [candidates].
        sources: names of the sources, in the order of the features.
        rounds: trees.
    """
    import lightgbm

    columns, liked, starts, weights, sizes = [], [], [], [], []
    for (candidates, wanted, weight), score in zip(turns, sums, strict=True):
        top = np.argsort(-score, kind="stable")[:TOP]
        columns.append(_columns(candidates.at(top)))
        liked.append(wanted[top].astype(np.int32))
        starts.append(score[top] - score.max())
        weights.append(np.full(len(top), weight))
        sizes.append(len(top))
    data = lightgbm.Dataset(
        np.concatenate(columns), np.concatenate(liked), group=sizes, weight=np.concatenate(weights),
        init_score=np.concatenate(starts), free_raw_data=True,
    )  # fmt: skip
    booster = lightgbm.train({**_SETTINGS, "monotone_constraints": _directions(sources)}, data, rounds)
    return Trees(tuple(sources), booster.model_to_string())


def _columns(candidates: Candidates) -> Floats:
    """Return features, details and contexts side by side: float32 [candidates, columns]."""
    contexts = np.tile(candidates.contexts[1:], (len(candidates.rows), 1))
    return np.concatenate([candidates.features, candidates.details, contexts], axis=1)


def _owners(sources: Sequence[str]) -> list[str | None]:
    """Return whose column each is, None where it is no source's."""
    own = [source for source in sources for _ in range(2)]
    rest = len(feature_names(sources)) - len(own)
    details = [detail.source for detail in DETAILS]
    return [*own, *([None] * rest), *details, *([None] * (len(CONTEXTS) - 1))]


def _directions(sources: Sequence[str]) -> list[int]:
    features = [-1 if name == DISLIKED_ARTIST else 1 for name in feature_names(sources)]
    return [*features, *(int(detail.rising) for detail in DETAILS), *([0] * (len(CONTEXTS) - 1))]
