"""`segue bench match`: hard and soft matching on one core and two, beside numpy, FAISS and Chroma in one run.

*distribution* is soft matching in which each level depends on the one above, as a generator's answer says it; its time
includes working out the look-ups of an answer that is new.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from segue.evals.bench.result import BenchResult, Row


def command(
    tracks: Annotated[int, typer.Option(min=1_000, help="Tracks in the synthetic code table.")] = 1_600_000,
    k: Annotated[int, typer.Option(min=1, help="How many tracks to find.")] = 100,
    queries: Annotated[int, typer.Option(min=5, help="Queries per row; the slow baselines get a tenth.")] = 200,
    chroma_tracks: Annotated[int, typer.Option(min=0, help="Tracks given to Chroma, 0 to leave it out.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of codes, queries and weights.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time weighted hierarchical matching over a synthetic catalog of skewed, clustered codes with gaps."""
    from segue.evals.bench import match_baselines as baselines
    from segue.evals.bench import match_data
    from segue.generator.codes import CodeTable
    from segue.tools.match import match_codes, match_soft
    from segue.tools.match_distribution import CodePrior, match_distribution, score_distribution
    from segue.tools.match_kernels import VECTOR_LOOKUP

    made = match_data.synthetic_table(tracks, seed=seed)
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        made.save(Path(folder) / "codes")
        size = (Path(folder) / "codes").stat().st_size
        loads = _times(lambda _: CodeTable.open(Path(folder) / "codes"), range(5))
        table = CodeTable.open(Path(folder) / "codes")
        del made

        hard, _ = match_data.hard_queries(table, queries, seed=seed + 1)
        soft, _ = match_data.soft_queries(table, queries, seed=seed + 2)
        weights = match_data.random_weights(queries, seed=seed + 3)
        whole = match_data.distributions(table, min(queries, 20), seed=seed + 4)
        start = time.perf_counter()
        prior = CodePrior.of(table)
        prior_s = time.perf_counter() - start
        few = range(max(3, queries // 10))
        start = time.perf_counter()
        match_codes(table, hard[0], weights[0], k)
        match_soft(table, soft[0], weights[0], k)
        match_distribution(table, whole[0], weights[0], k, prior=prior)
        first_call = time.perf_counter() - start
        for i in few:
            _same(match_codes(table, hard[i], weights[i], k).rows, baselines.numpy_hard(table, hard[i], weights[i], k))
            _same(match_soft(table, soft[i], weights[i], k).rows, baselines.numpy_soft(table, soft[i], weights[i], k))
        some = range(len(whole))
        for i in some[:5]:
            expected = baselines.numpy_distribution(table, whole[i], weights[i], k, prior)
            _same(match_distribution(table, whole[i], weights[i], k, prior=prior).rows, expected)

        def distributed(i: int, threads: int = 1) -> Any:
            return match_distribution(table, match_data.anew(whole[i]), weights[i], k, prior=prior, threads=threads)

        systems: dict[str, tuple[Callable[[int], Any], Sequence[int]]] = {
            "segue hard, 1 core": (lambda i: match_codes(table, hard[i], weights[i], k), range(queries)),
            "segue soft, 1 core": (lambda i: match_soft(table, soft[i], weights[i], k), range(queries)),
            "segue hard, 2 cores": (lambda i: match_codes(table, hard[i], weights[i], k, threads=2), range(queries)),
            "segue soft, 2 cores": (lambda i: match_soft(table, soft[i], weights[i], k, threads=2), range(queries)),
            "segue distribution, 1 core": (distributed, some),
            "segue distribution, 2 cores": (lambda i: distributed(i, threads=2), some),
            "segue distribution, every row scored": (
                lambda i: score_distribution(table, match_data.anew(whole[i]), weights[i], prior),
                some,
            ),
            "numpy hard, bytes": (lambda i: baselines.numpy_hard_bytes(table, hard[i], weights[i], k), few),
            "numpy soft, bytes": (lambda i: baselines.numpy_soft_bytes(table, soft[i], weights[i], k), few),
            "numpy hard, exact": (lambda i: baselines.numpy_hard(table, hard[i], weights[i], k), few),
            "numpy soft, exact": (lambda i: baselines.numpy_soft(table, soft[i], weights[i], k), few),
            "numpy distribution, exact": (
                lambda i: baselines.numpy_distribution(table, match_data.anew(whole[i]), weights[i], k, prior),
                some[:5],
            ),
        }
        skipped = []
        if find_spec("faiss") is None:
            skipped.append("FAISS (install the extra `bench`)")
        else:
            faiss = baselines.FaissPQ(table)
            systems["FAISS IndexPQ"] = (lambda i: faiss.search(hard[i], k), few)
        rows = [Row(name=name, metrics=_metrics(_times(run, which))) for name, (run, which) in systems.items()]
        if chroma_tracks:
            rows.append(_chroma(table, min(chroma_tracks, tracks), hard, few))
        else:
            skipped.append("Chroma (--chroma-tracks 0)")

    by_name = {row.name: row.metrics["median_ms"] for row in rows}
    result = BenchResult(
        bench="match",
        data={
            "tracks": tracks,
            "k": k,
            "queries": queries,
            "codes": "synthetic: clustered, skewed, some unknown; queries are tracks with 30 % of codes altered",
            "look-ups": "AVX-512 VBMI" if VECTOR_LOOKUP else "scalar",
            "same rows as exact numpy": f"{len(few)} of {len(few)} hard and soft, {len(some[:5])} distributions",
            "skipped": ", ".join(skipped) or "nothing",
            "seed": seed,
        },
        rows=rows,
        figures={
            "hard_ms": by_name["segue hard, 1 core"],
            "soft_ms": by_name["segue soft, 1 core"],
            "distribution_ms": by_name["segue distribution, 1 core"],
            "hard_two_cores_ms": by_name["segue hard, 2 cores"],
            "soft_two_cores_ms": by_name["segue soft, 2 cores"],
            "hard_times_numpy": by_name["numpy hard, bytes"] / by_name["segue hard, 1 core"],
            "soft_times_numpy": by_name["numpy soft, bytes"] / by_name["segue soft, 1 core"],
            "distribution_times_numpy": by_name["numpy distribution, exact"] / by_name["segue distribution, 1 core"],
            "prior_s": prior_s,
            "first_call_s": first_call,
            "open_ms": float(np.median(loads)),
            "bytes_a_track": size / tracks,
        },
    )
    result.show(as_json=as_json)


def _times(run: Callable[[int], Any], which: Sequence[int]) -> NDArray[np.float64]:
    """Return the milliseconds of each call, after a few calls that warm up."""
    for i in which[:3]:
        run(i)
    times = []
    for i in which:
        start = time.perf_counter()
        run(i)
        times.append(time.perf_counter() - start)
    return 1_000 * np.array(times)


def _metrics(times: NDArray[np.float64]) -> dict[str, float]:
    return {
        "median_ms": float(np.median(times)),
        "min_ms": float(times.min()),
        "p95_ms": float(np.quantile(times, 0.95)),
        "queries": float(times.size),
    }


def _same(found: NDArray[np.int64], expected: NDArray[np.int64]) -> None:
    if not np.array_equal(found, expected):
        raise AssertionError("matching and numpy disagree on the best rows")


def _chroma(table: Any, tracks: int, hard: NDArray[np.uint8], which: Sequence[int]) -> Row:
    """Time Chroma on a part of the table and scale to all of it: its filter is linear in the tracks."""
    from segue.evals.bench.match_baselines import ChromaFilter

    chroma = ChromaFilter(table, tracks)
    try:
        times = _times(lambda i: chroma.search(hard[i]), which)
    finally:
        chroma.close()
    factor = len(table) / tracks
    return Row(name=f"Chroma filter, extrapolated from {tracks:,} tracks", metrics=_metrics(times * factor))
