"""Small integers that bound scores from above: what lets the scans of `match_kernels` skip almost every row.

Whatever is rounded here is rounded so that no row's bound lies below its score; how coarsely only decides how many rows
are scored in vain. Knows numbers only.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.layout import UNKNOWN
from segue.generator.modality import LEVELS, MODALITIES
from segue.tools.soft_query import TABLE

_BYTE: Final = 255


def level_bounds(gains: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Bound hard scores by what levels 1 and 2 alone tell.

    `gains` float64 [9, 4] is what a modality adds at depth 0 to 3, ascending. Returns

    - uint8 [9, 2]: what a match at level 1, and at level 2 on top of it, adds to a row's integer sum of at most 255,
    - float64 [256]: the best score among all rows whose integer sum is at most so much, ascending.

    A row that scores more than s therefore has at least the first integer sum whose best score is more than s.
    """
    total = gains[:, LEVELS].sum()
    # At level 2 the match may go on to level 3; at level 1 alone it has ended.
    reachable = gains[:, [1, LEVELS]]
    small = np.floor(reachable * (_BYTE / total)).astype(np.int64) if total > 0 else np.zeros((len(gains), 2), np.int64)
    # Best score for each integer sum, modality by modality in the order of the exact score: rounding is monotone, so
    # no score exceeds the best one computed here.
    best = np.full(TABLE, -np.inf)
    best[0] = 0.0
    for (one, two), (gain_one, gain_two) in zip(small, reachable, strict=True):
        more = best.copy()
        for integer, gain in ((one, gain_one), (two, gain_two)):
            np.maximum(more[integer:], best[: TABLE - integer] + gain, out=more[integer:])
        best = more
    return np.diff(small, axis=1, prepend=0).astype(np.uint8), np.maximum.accumulate(best)


def table_bounds(
    tables: NDArray[np.float64], sizes: NDArray[np.int64], active: NDArray[np.int64], lowest: float
) -> tuple[NDArray[np.uint8], float, float, NDArray[np.float64]]:
    """Round look-up tables up to bytes such that a row's score is at most `base + step * sum of its bytes`.

    `tables` float64 [27, 256], of which `sizes` [27] entries count; `active` are the modalities that can score;
    `lowest` is a score that at least k rows reach, -inf if none is known. Returns uint8 [9, 3, 256], step, base, lows.
    The three bytes of a modality sum to at most 255; `lows` float64 [9] is what each modality has in `base`.
    """
    entries = tables.reshape(len(MODALITIES), LEVELS, TABLE)[active]
    valid = np.arange(TABLE) < sizes.reshape(len(MODALITIES), LEVELS, 1)[active]
    scored = valid & np.isfinite(entries)
    scored[:, 0, UNKNOWN] = False
    highest = np.where(scored, entries, -np.inf).max(axis=2)
    smallest = np.where(scored, entries, np.inf).min(axis=2)
    # A row with an entry this far below the best of its table stays below `lowest`, whatever its other entries are.
    spread = np.maximum(highest.sum(axis=1), 0.0).sum() - lowest
    floor = np.maximum(smallest, highest - spread)
    # Where every code is forbidden any bound is right, since no row is kept.
    floor = np.where(scored.any(axis=2), floor, 0.0)[..., None]
    raised = np.where(valid, np.maximum(entries, floor), floor)
    # A track without the modality has the codes (0, 0, 0) and adds nothing.
    raised[:, 0, UNKNOWN] = -raised[:, 1:, 0].sum(axis=1)
    low = raised.min(axis=2, keepdims=True)
    ranges = raised.max(axis=2, keepdims=True) - low
    step = float(ranges.sum(axis=1).max(initial=0.0)) / (_BYTE - LEVELS) or 1.0
    small = np.zeros((len(MODALITIES), LEVELS, TABLE), dtype=np.uint8)
    small[active] = np.ceil((raised - low) / step)
    # Far more than the rounding errors of 27 additions.
    margin = 1e-9 * float((np.abs(low) + ranges).sum())
    lows = np.zeros(len(MODALITIES))
    lows[active] = low.sum(axis=(1, 2))
    return small, step, float(low.sum()) + margin, lows
