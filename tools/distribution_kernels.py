"""The compiled loops under `tools/match_distribution.py`: rows scored by the conditional tables of a distribution.

A row's score is a float64 sum of float32 look-ups in pairs of codes, [K1, K2], [K1, K3] and [K2, K3] per modality, of
which one modality's 57 kB do not fit the registers that `match_kernels` looks up bytes in. So the scan bounds scores
twice: by tables of single codes, 64 rows at a time, and then, for the rows left, one modality after another by what
that modality really adds, until the bound falls below the k-th best score so far. What survives is scored exactly.

Compiled and cached as `match_kernels` says. Numba's cache does not notice when a function changes that is imported
from there: change this file as well. Knows arrays only; the caller has checked every one.
"""

from typing import Any

import numpy as np

from segue.tools.match_kernels import BLOCK, LANES, TABLE, add_lookups, at, compiled, may_appear, offer


@compiled
def _score(columns: Any, row: int, pairs: Any, firsts: Any, seconds: Any, prior: Any, weights: Any) -> float:
    """Sum over the modalities in order of w [(pair + first) + (second - prior)]; an unknown one adds nothing."""
    score = 0.0
    for m in range(weights.size):
        one = columns[3 * m, row]
        if one and weights[m] > 0:
            two, three = columns[3 * m + 1, row], columns[3 * m + 2, row]
            score += weights[m] * (
                (np.float64(pairs[m, one, two]) + np.float64(firsts[m, one, three]))
                + (np.float64(seconds[m, two, three]) - np.float64(prior[m, row]))
            )
    return score


@compiled
def score_all(columns: Any, pairs: Any, firsts: Any, seconds: Any, prior: Any, weights: Any, out: Any) -> None:
    """Fill `out` float64 [rows], zero at first, with the score of every row: modality by modality, block by block."""
    for start in range(0, out.size, BLOCK):
        end = min(start + BLOCK, out.size)
        for m in range(weights.size):
            if weights[m] > 0:
                _add(
                    columns[3 * m, start:end], columns[3 * m + 1, start:end], columns[3 * m + 2, start:end],
                    pairs[m], firsts[m], seconds[m], prior[m, start:end], weights[m], out[start:end],
                )  # fmt: skip


@compiled
def _add(
    ones: Any, twos: Any, threes: Any, pairs: Any, firsts: Any, seconds: Any, prior: Any, weight: float, out: Any
) -> None:
    """Add one modality's part of `_score` to the scores of a block. Unsigned indices need no check of their sign."""
    for place in range(out.size):
        one, two, three = np.uint64(ones[place]), np.uint64(twos[place]), np.uint64(threes[place])
        gain = weight * (
            (np.float64(pairs[one, two]) + np.float64(firsts[one, three]))
            + (np.float64(seconds[two, three]) - np.float64(prior[place]))
        )
        out[place] += gain if one else 0.0


@compiled
def keep_best(given: Any, allowed: Any, banned: Any, scores: Any, rows: Any) -> int:
    """Like `score_rows`, from the scores `given` of all rows."""
    size = 0
    for row in range(given.size):
        score = given[row]
        if score > (scores[0] if size == scores.size else -np.inf) and may_appear(row, allowed, banned):
            size = offer(scores, rows, size, score, row)
    return size


@compiled
def score_rows(
    columns: Any, chosen: Any, pairs: Any, firsts: Any, seconds: Any, prior: Any, weights: Any,
    allowed: Any, banned: Any, scores: Any, rows: Any,
) -> int:  # fmt: skip
    """Score the rows `chosen` (ascending) one by one; return how many of `scores` and `rows` [k] were filled.

    Rows that score -inf are left out.
    """
    size = 0
    for row in chosen:
        score = _score(columns, row, pairs, firsts, seconds, prior, weights)
        if score > (scores[0] if size == scores.size else -np.inf) and may_appear(row, allowed, banned):
            size = offer(scores, rows, size, score, row)
    return size


@compiled
def single_tables(pairs: Any, firsts: Any, seconds: Any, least: Any, tables: Any) -> float:
    """Fill `tables` float64 [9, 3, 256] such that their sum at three codes is at least what these add, without weight.

    What depends on two codes is split into its mean over all first codes, which goes to the second or third code's
    table, and the most that exceeds it under a first code. `least` float32 [9, K1, K2] holds the smallest prior under a
    pair of codes, +inf where no track has it. Returns the largest absolute value of all finite entries.
    """
    count, one_size, two_size = pairs.shape
    three_size = seconds.shape[2]
    largest = np.float32(0.0)
    gain = np.empty((one_size, two_size), np.float32)
    for m in range(count):
        for one in range(one_size):
            for two in range(two_size):
                gain[one, two] = pairs[m, one, two] - least[m, one, two]
                largest = max(largest, _size(pairs[m, one, two]), _size(least[m, one, two]))
        second_mean, third_mean = _finite_means(gain), _finite_means(firsts[m])
        for one in range(one_size):
            over_second = over_third = np.float32(-np.inf)
            for two in range(two_size):
                over_second = max(over_second, gain[one, two] - second_mean[two])
            for three in range(three_size):
                over_third = max(over_third, firsts[m, one, three] - third_mean[three])
                largest = max(largest, _size(firsts[m, one, three]))
            tables[m, 0, one] = over_second + over_third
        for two in range(two_size):
            top = np.float32(-np.inf)
            for three in range(three_size):
                top = max(top, seconds[m, two, three])
                largest = max(largest, _size(seconds[m, two, three]))
            tables[m, 1, two] = second_mean[two] + top
        for three in range(three_size):
            tables[m, 2, three] = third_mean[three]
    return float(largest)


@compiled
def _finite_means(table: Any) -> Any:
    """Mean of the finite entries of each column, 0 where there are none."""
    sums, counts = np.zeros(table.shape[1], np.float32), np.zeros(table.shape[1], np.float32)
    for row in range(table.shape[0]):
        for column in range(table.shape[1]):
            finite = abs(table[row, column]) < np.inf
            sums[column] += table[row, column] if finite else np.float32(0.0)
            counts[column] += np.float32(finite)
    return sums / np.maximum(counts, np.float32(1.0))


@compiled
def _size(entry: Any) -> Any:
    """Absolute value, 0 if infinite."""
    absolute = abs(entry)
    return absolute if absolute < np.inf else np.float32(0.0)


@compiled
def _at_least(total: Any, least: Any, left: Any) -> int:
    """Put the places of the entries that are at least `least` into `left`; return how many there are."""
    kept = np.uint64(0)
    for lane in range(total.size):
        left[kept] = np.uint16(lane)
        kept += np.uint64(total[lane] >= least)
    return int(kept)


@compiled
def _correct(
    ones: Any, twos: Any, threes: Any, pairs: Any, firsts: Any, seconds: Any, prior: Any, weight: Any, small: Any,
    low: Any, step: Any, limit: Any, left: Any, bound: Any, count: int,
) -> int:  # fmt: skip
    """Put what a modality adds in the place of what its single codes let assume, in the bounds of `count` rows.

    `left` holds the rows' places in the block. Keeps those whose bound stays at or above `limit`; returns how many.
    No branch depends on a row: about half of them are kept, and guessing wrong costs more than the work. Two loops,
    for in one the look-ups would wait for the places that the rows before them are put to.
    """
    for place in range(count):
        lane = np.uint64(left[place])
        one, two, three = np.uint64(ones[lane]), np.uint64(twos[lane]), np.uint64(threes[lane])
        adds = weight * ((pairs[one, two] + firsts[one, three]) + (seconds[two, three] - prior[lane]))
        steps = np.int32(small[0, one]) + np.int32(small[1, two]) + np.int32(small[2, three])
        bound[place] += (adds if one else np.float32(0.0)) - (low + step * np.float32(steps))
    kept = np.uint64(0)
    for place in range(count):
        left[kept] = left[place]
        bound[kept] = bound[place]
        kept += np.uint64(bound[place] >= limit)
    return int(kept)


@compiled
def scan(
    columns: Any, start: int, end: int, pairs: Any, firsts: Any, seconds: Any, prior: Any, weights: Any,
    order: Any, small: Any, step: float, base: float, lows: Any, floor: float,
    allowed: Any, banned: Any, scores: Any, rows: Any,
) -> int:  # fmt: skip
    """Keep the best of the rows `start` (a multiple of 64) to `end` that score above `floor`; return how many.

    No row scores above `base + step * sum of its bytes` in `small` (uint8 [9, 3, 256]) over the modalities in `order`,
    nor above that with what some of them really add in the place of `lows[m] + step * bytes of m`.
    """
    size = 0
    k = scores.size
    stride = columns.shape[1]
    worst = floor
    total = np.empty(BLOCK, np.uint16)
    left = np.empty(BLOCK, np.uint16)
    bound = np.empty(BLOCK, np.float32)
    for block in range(start, end, BLOCK):
        count = min(BLOCK, end - block)
        padded = -(-count // LANES) * LANES
        total[:] = 0
        for m in order:
            add_lookups(at(total, 0), at(columns, 3 * m * stride + block), stride, at(small, 3 * m * TABLE), padded)
        needed = 0.0 if worst == -np.inf else max(0.0, np.ceil((worst - base) / step))
        if needed > 65535.0:
            break
        remaining = _at_least(total[:count], np.uint16(needed), left)
        for place in range(remaining):
            bound[place] = np.float32(base + step * total[left[place]])
        for m in order:
            if not remaining:
                break
            remaining = _correct(
                columns[3 * m, block : block + count], columns[3 * m + 1, block : block + count],
                columns[3 * m + 2, block : block + count], pairs[m], firsts[m], seconds[m],
                prior[m, block : block + count], np.float32(weights[m]), small[m], np.float32(lows[m]),
                np.float32(step), np.float32(worst), left, bound, remaining,
            )  # fmt: skip
        for place in range(remaining):
            row = block + int(left[place])
            score = _score(columns, row, pairs, firsts, seconds, prior, weights)
            if score > worst and may_appear(row, allowed, banned):
                size = offer(scores, rows, size, score, row)
                if size == k and scores[0] > worst:
                    worst = scores[0]
    return size
