"""Nine modality weights, tuned on playlists: coordinate ascent on the mean of Hit@5, 10, 20 and 50.

The playlists it tunes on must be kept from everything that was fitted before, and from what is measured afterwards.
Knows scores per modality; not where they come from.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.evals.bench.playlists import CUTOFFS, Split
from segue.generator.modality import MODALITIES, Modality

Scores = Callable[[NDArray[np.int64]], Mapping[Modality, NDArray[np.float32]]]
"""Takes the rows of s seeds; returns for each modality the scores (s, n) of all tracks."""

_FACTORS: Final = (0.0, 0.25, 0.5, 0.7, 1.4, 2.0, 4.0)
_LEAST_GAIN: Final = 0.001
"""Below this a better figure on so few seeds is luck."""


def tune_weights(
    scores: Scores, data: Split, seeds: Sequence[tuple[int, str]], *, rounds: int = 2
) -> NDArray[np.float64]:
    """Return nine weights, the largest of them 10. A modality without scores keeps the weight 1 that all start from."""
    import torch

    rows = np.array(sorted({row for row, _ in seeds}), dtype=np.int64)
    place = {int(row): number for number, row in enumerate(rows)}
    parts = {modality: torch.from_numpy(part) for modality, part in scores(rows).items()}
    banned = [torch.from_numpy(data.works[row]) for row in rows]
    weights = dict.fromkeys(MODALITIES, 1.0)

    def figure(total: "torch.Tensor") -> float:
        masked = total.clone()
        for number, own in enumerate(banned):
            masked[number, own] = -torch.inf
        top = torch.topk(masked, CUTOFFS[-1], dim=1).indices.numpy()
        first = [int(np.append(np.isin(top[place[row]], data.held_out[p]), True).argmax()) for row, p in seeds]
        return float(np.mean([np.less(first, cutoff).mean() for cutoff in CUTOFFS]))

    total = torch.stack(list(parts.values())).sum(dim=0)
    best = figure(total)
    for _ in range(rounds):
        for modality, part in parts.items():
            old, found = weights[modality], weights[modality]
            for factor in _FACTORS:
                new = old * factor if old else factor
                value = figure(total + (new - old) * part)
                if value > best + _LEAST_GAIN:
                    best, found = value, new
            total = total + (found - old) * part
            weights[modality] = found
    array = np.array([weights[modality] for modality in MODALITIES])
    scaled: NDArray[np.float64] = array * (10 / array.max())
    return scaled
