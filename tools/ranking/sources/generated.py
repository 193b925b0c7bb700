"""The generator: how much likelier the dialogue makes a track's semantic ID, weighted by modality.

    sum over the modalities m that a track has of  w_m [log p_m(codes | dialogue) - log p_m(codes)]

See `tools.match_distribution`; the weights are the importance head's or the listener's own.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.modality import MODALITIES
from segue.tools.match_distribution import match_distribution, score_distribution
from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import SCORE_ALL, Floats, Found, Rows

EVEN: Final = 0.5
"""Share of the weight that all modalities get alike: what a message does not speak of still tells tracks apart."""


def modality_weights(asked: Asked) -> NDArray[np.float64]:
    """Return the weights of the nine modalities, float64 [9], 1 on average."""
    count = len(MODALITIES)
    weights: NDArray[np.float64] = EVEN + (1 - EVEN) * count * asked.weights.shares().astype(np.float64)
    return weights


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`. None without a generator."""
    distribution, stock = asked.distribution, asked.stock
    if distribution is None:
        return None
    weights = modality_weights(asked)
    if len(stock) <= SCORE_ALL:
        scores = score_distribution(stock.codes, distribution, weights, stock.prior).astype(np.float32)
        return Found.of_all(scores, allowed, depth)
    found = match_distribution(stock.codes, distribution, weights, depth, prior=stock.prior, allowed=allowed)

    def score(rows: Rows) -> Floats:
        gains = distribution.log_probabilities(stock.codes.codes(rows)) - stock.prior.log_p[rows]
        return (gains @ weights).astype(np.float32)

    return Found(found.rows, score) if len(found.rows) else None
