"""The compiled loops under `tools/match.py`: scan columns of codes, keep the best k rows.

Both scans first bound the scores of 4,096 rows at a time from above, in small integers that vectorise; only a row whose
bound beats the k-th best score so far is scored exactly, in float64. So the result is that of scoring every row. Rows
come in ascending order, hence among equal scores the earlier row stays.

Compiled by numba at the first call and kept in numba's cache. All kernels release the GIL. They live in one file, since
numba only notices changes in the file of the function that it loads from its cache. They know neither layouts nor
tables of a catalog: the caller has checked every array.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

BLOCK: Final = 4_096
"""Rows per step: their bounds and the columns of the next block stay in the fastest caches."""
LANES: Final = 64
"""Rows per vector; columns are padded to a multiple of it."""
TABLE: Final = 256
"""Entries of a padded look-up table: a code is a byte, so no look-up can leave its table."""

VECTOR_LOOKUP: Final = "+avx512vbmi" in cpu_target.target_context.codegen().magic_tuple()[2].split(",")
"""Whether this processor looks up 64 bytes in one instruction; without it the same loop runs byte by byte."""

_log = logging.getLogger(__name__)
_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Compile with numba's on-disk cache; where no folder is writable, say so and compile in each process."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)  # type: ignore[no-any-return]
    except RuntimeError as error:  # numba's answer when neither the package nor the user's cache folder is writable
        _log.warning("matching is compiled anew in each process, for there is no folder for its cache: %s", error)
        return njit(**options)(function)  # type: ignore[no-any-return]


@intrinsic  # type: ignore[untyped-decorator]
def at(_context: Any, array: Any, offset: Any) -> Any:
    """Address of element `offset` of a contiguous array, counted over all its dimensions."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.gep(data, [args[1]])

    return types.CPointer(array.dtype)(array, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _prefetch(_context: Any, pointer: Any) -> Any:
    """Ask for the cache line at an address; any address is allowed."""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        _emit_prefetch(builder, args[0])
        return context.get_dummy_value()

    return types.void(types.CPointer(types.uint8)), generate


def _emit_prefetch(builder: Any, pointer: Any) -> None:
    flag = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), flag, flag, flag])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    read, second_level, data = (ir.Constant(flag, value) for value in (0, 2, 1))
    builder.call(function, [pointer, read, second_level, data])


@intrinsic  # type: ignore[untyped-decorator]
def _add_lookups_vector(_context: Any, bounds: Any, codes: Any, stride: Any, tables: Any, rows: Any) -> Any:
    """`_add_lookups_scalar` with AVX-512 VBMI: 256-byte tables in four registers, 64 look-ups per instruction.

    While it works on a block it asks for the same columns of the next one: a block is a memory page, and the
    processor's own prefetcher stops at page borders (2.8 -> 1.8 ms for 1.6 million tracks).
    """

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        bounds, codes, stride, tables, rows = args
        byte, word = ir.IntType(64), ir.VectorType(ir.IntType(8), LANES)
        wide = ir.VectorType(ir.IntType(16), LANES)
        kind = ir.FunctionType(word, [word, word, word])
        permute = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpermi2var.qi.512")

        def step(pointer: Any, offset: Any) -> Any:
            return builder.gep(pointer, [offset if isinstance(offset, ir.Value) else ir.Constant(byte, offset)])

        def load(pointer: Any, kind: Any) -> Any:
            return builder.load(builder.bitcast(pointer, kind.as_pointer()), align=1)

        registers = [
            [load(step(tables, level * TABLE + part * LANES), word) for part in range(4)] for level in range(3)
        ]
        with cgutils.for_range(builder, builder.udiv(rows, ir.Constant(byte, LANES)), intp=byte) as loop:
            start = builder.mul(loop.index, ir.Constant(byte, LANES))
            total = None
            for level, (a, b, c, d) in enumerate(registers):
                pointer = step(codes, builder.add(builder.mul(stride, ir.Constant(byte, level)), start))
                _emit_prefetch(builder, step(pointer, BLOCK))
                code = load(pointer, word)
                low = builder.call(permute, [a, code, b])
                high = builder.call(permute, [c, code, d])
                entry = builder.select(builder.icmp_signed("<", code, ir.Constant(word, [0] * LANES)), high, low)
                total = entry if total is None else builder.add(total, entry)
            target = builder.bitcast(step(bounds, start), wide.as_pointer())
            builder.store(builder.add(builder.load(target, align=1), builder.zext(total, wide)), target, align=1)
        return context.get_dummy_value()

    return types.void(
        types.CPointer(types.uint16), types.CPointer(types.uint8), types.int64, types.CPointer(types.uint8), types.int64
    ), generate


@compiled
def _add_lookups_scalar(bounds: Any, codes: Any, stride: int, tables: Any, rows: int) -> None:
    """Add to each row's bound the entries of its three codes of one modality; their sum is below 256."""
    for row in range(rows):
        first = tables[np.int64(codes[row])]
        second = tables[TABLE + np.int64(codes[stride + row])]
        third = tables[2 * TABLE + np.int64(codes[2 * stride + row])]
        bounds[row] = np.uint16(bounds[row] + first + second + third)


add_lookups = _add_lookups_vector if VECTOR_LOOKUP else _add_lookups_scalar


@compiled
def _worse(scores: Any, rows: Any, left: int, right: int) -> bool:
    """Whether entry `left` ranks behind entry `right`."""
    return bool(scores[left] < scores[right] or (scores[left] == scores[right] and rows[left] > rows[right]))


@compiled
def _swap(scores: Any, rows: Any, left: int, right: int) -> None:
    scores[left], scores[right] = scores[right], scores[left]
    rows[left], rows[right] = rows[right], rows[left]


@compiled
def offer(scores: Any, rows: Any, size: int, score: float, row: int) -> int:
    """Put a row into the heap whose first entry is the worst of the best; return the heap's new size.

    The caller offers only rows that beat the worst entry of a full heap.
    """
    if size < scores.size:
        scores[size] = score
        rows[size] = row
        child = size
        while child > 0 and _worse(scores, rows, child, (child - 1) // 2):
            _swap(scores, rows, child, (child - 1) // 2)
            child = (child - 1) // 2
        return size + 1
    scores[0] = score
    rows[0] = row
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            return size
        if child + 1 < size and _worse(scores, rows, child + 1, child):
            child += 1
        if not _worse(scores, rows, child, parent):
            return size
        _swap(scores, rows, child, parent)
        parent = child


@compiled
def may_appear(row: int, allowed: Any, banned: Any) -> bool:
    """Whether a row is allowed (an empty mask allows all) and not in the sorted list of banned rows."""
    if allowed.size and not allowed[row]:
        return False
    if banned.size:
        place = np.searchsorted(banned, row)
        return bool(place == banned.size or banned[place] != row)
    return True


@compiled
def _hard_score(columns: Any, row: int, query: Any, gains: Any) -> float:
    """Sum of `gains[m, depth]` over the modalities in order: float64 [9, 4], `gains[m, 0]` is 0."""
    score = 0.0
    for m in range(gains.shape[0]):
        if query[3 * m] and columns[3 * m, row] == query[3 * m]:
            depth = 1
            if columns[3 * m + 1, row] == query[3 * m + 1]:
                depth = 3 if columns[3 * m + 2, row] == query[3 * m + 2] else 2
            score += gains[m, depth]
    return score


@compiled
def _soft_score(columns: Any, row: int, tables: Any) -> float:
    """Sum over the modalities in order of (level 1 + level 2) + level 3; an unknown modality adds nothing."""
    score = 0.0
    for m in range(tables.shape[0] // 3):
        first = columns[3 * m, row]
        if first:
            score += (tables[3 * m, first] + tables[3 * m + 1, columns[3 * m + 1, row]]) + tables[
                3 * m + 2, columns[3 * m + 2, row]
            ]
    return score


@compiled
def hard_rows(
    columns: Any, chosen: Any, query: Any, gains: Any, allowed: Any, banned: Any, scores: Any, rows: Any
) -> int:
    """Score the rows `chosen` (ascending) one by one; return how many of `scores` and `rows` [k] were filled."""
    size = 0
    for row in chosen:
        score = _hard_score(columns, row, query, gains)
        if (size < scores.size or score > scores[0]) and may_appear(row, allowed, banned):
            size = offer(scores, rows, size, score, row)
    return size


@compiled
def soft_rows(columns: Any, chosen: Any, tables: Any, allowed: Any, banned: Any, scores: Any, rows: Any) -> int:
    """Like `hard_rows`, by look-up tables; rows that score -inf are left out."""
    size = 0
    for row in chosen:
        score = _soft_score(columns, row, tables)
        if score > (scores[0] if size == scores.size else -np.inf) and may_appear(row, allowed, banned):
            size = offer(scores, rows, size, score, row)
    return size


@compiled
def _add_matches(bounds: Any, firsts: Any, first: int, gain: int, seconds: Any, second: int, more: int) -> None:
    """Add `gain` to the rows whose level 1 matches, and `more` to those whose level 2 does as well."""
    for row in range(bounds.size):
        one = gain if firsts[row] == first else np.uint8(0)
        two = more if firsts[row] == first and seconds[row] == second else np.uint8(0)
        bounds[row] = np.uint8(bounds[row] + one + two)


@compiled
def _lowest_bound(best: Any, score: float) -> int:
    """Smallest integer sum that a row with more than `score` can have; 256 where none can."""
    low, high = 0, best.size
    while low < high:
        middle = (low + high) // 2
        if best[middle] > score:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def hard_scan(
    columns: Any, start: int, end: int, query: Any, gains: Any, small: Any, best: Any,
    allowed: Any, banned: Any, scores: Any, rows: Any,
) -> int:  # fmt: skip
    """Keep the best of the rows `start` (a multiple of 64) to `end`; return how many entries were filled.

    Only levels 1 and 2 are read throughout: `small` and `best` are what `level_bounds` made of `gains`.
    """
    size = 0
    k = scores.size
    stride = columns.shape[1]
    needed = 0
    total = np.empty(BLOCK, np.uint8)
    for first in range(start, end, BLOCK):
        count = min(BLOCK, end - first)
        total[:] = 0
        for m in range(small.shape[0]):
            if small[m, 0] or small[m, 1]:
                one = columns[3 * m, first : first + count]
                two = columns[3 * m + 1, first : first + count]
                for line in range(first + BLOCK, first + 2 * BLOCK, LANES):
                    _prefetch(at(columns, 3 * m * stride + line))
                    _prefetch(at(columns, (3 * m + 1) * stride + line))
                _add_matches(total[:count], one, query[3 * m], small[m, 0], two, query[3 * m + 1], small[m, 1])
        for group in range(0, count, LANES):
            highest = np.uint8(0)
            for lane in range(group, min(group + LANES, count)):
                highest = max(highest, total[lane])
            if highest < needed:
                continue
            for lane in range(group, min(group + LANES, count)):
                if total[lane] >= needed:
                    row = first + lane
                    score = _hard_score(columns, row, query, gains)
                    if (size < k or score > scores[0]) and may_appear(row, allowed, banned):
                        size = offer(scores, rows, size, score, row)
                        if size == k:
                            needed = _lowest_bound(best, scores[0])
        if needed == TABLE:
            break
    return size


@compiled
def soft_scan(
    columns: Any, start: int, end: int, tables: Any, active: Any, small: Any, step: float, base: float, floor: float,
    allowed: Any, banned: Any, scores: Any, rows: Any,
) -> int:  # fmt: skip
    """Keep the best of the rows `start` (a multiple of 64) to `end` that score above `floor`; return how many.

    `small` uint8 [9, 3, 256] rounds `tables` up to integers: no row scores above `base + step * its sum` over the
    modalities in `active`, which are all that can score.
    """
    size = 0
    k = scores.size
    stride = columns.shape[1]
    worst = floor
    needed = _steps_above(worst, step, base)
    total = np.empty(BLOCK, np.uint16)
    for first in range(start, end, BLOCK):
        count = min(BLOCK, end - first)
        padded = -(-count // LANES) * LANES
        total[:] = 0
        for m in active:
            add_lookups(at(total, 0), at(columns, 3 * m * stride + first), stride, at(small, 3 * m * TABLE), padded)
        for group in range(0, count, LANES):
            highest = np.uint16(0)
            for lane in range(group, group + LANES):
                highest = max(highest, total[lane])
            if highest < needed:
                continue
            for lane in range(group, min(group + LANES, count)):
                if total[lane] >= needed:
                    row = first + lane
                    score = _soft_score(columns, row, tables)
                    if score > worst and may_appear(row, allowed, banned):
                        size = offer(scores, rows, size, score, row)
                        if size == k and scores[0] > worst:
                            worst = scores[0]
                            needed = _steps_above(worst, step, base)
    return size


@compiled
def _steps_above(score: float, step: float, base: float) -> int:
    """Smallest integer bound that a row with more than `score` can have."""
    if score == -np.inf:
        return 0
    return max(0, int(np.ceil((score - base) / step)))
