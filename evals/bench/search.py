"""`segue bench search`: latency of search on an opened catalog, for each source alone and for all together.

Warm figures: indexes are open and the first queries are not counted. The time of a query includes everything that a
caller waits for: entity linking, filters, encoding the query, retrieval, fusion and making the `Track` objects. Opening
the indexes is reported apart. Wall time (`*_ms`) grows with what else the machine does; `cpu_*_ms` is the processor
time of the same calls, all threads together.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row, require_file
from segue.generator.errors import SourceError
from segue.generator.json_lines import read_lines, read_objects

if TYPE_CHECKING:
    from segue.tools.search.search import Searcher, Source

WARM_UP = 20


def command(
    catalog: Annotated[Path, typer.Option(help="A catalog folder.")],
    queries: Annotated[Path, typer.Option(help="Queries: one a line, or JSON Lines with `query` or `text`.")],
    most: Annotated[int, typer.Option(min=1, help="Queries to run, from the start of the file.")] = 300,
    k: Annotated[int, typer.Option(min=1, help="Tracks asked for.")] = 10,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how long a search takes on an opened catalog."""
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.search.search import SOURCES, Searcher

    texts = read_queries(require_file(queries))[:most]
    if not texts:
        raise SourceError(f"{queries} holds no queries")
    systems: dict[str, tuple[Source, ...]] = {
        "lexical": ("lexical",),
        "dense": ("dense",),
        "lexical + dense": SOURCES,
    }
    with Catalog.open(catalog) as opened:
        started = time.perf_counter()
        searcher = Searcher(opened)
        searcher.search(texts[0])
        opening = time.perf_counter() - started
        rows = [
            Row(name=name, metrics=_latencies(searcher, texts, sources, k)) for name, sources in systems.items()
        ]  # fmt: skip
        linking = [_cost(partial(searcher.linker.link, text)) for text in texts]
        rows.append(Row(name="entity linking alone", metrics=_summary(linking)))
        BenchResult(
            bench="search",
            data={"catalog": str(catalog), "tracks": len(opened), "queries": str(queries), "run": len(texts), "k": k},
            rows=rows,
            figures={"opening_seconds": opening},
        ).show(as_json=json_)


def read_queries(path: Path) -> list[str]:
    """Return the queries of a file, gzipped or not."""
    if ".jsonl" not in path.name:
        return [line for _, line in read_lines(path)]
    return [str(row.get("query") or row.get("text") or "") for _, row in read_objects(path)]


def _latencies(searcher: "Searcher", texts: list[str], sources: tuple["Source", ...], k: int) -> dict[str, float]:
    for text in texts[:WARM_UP]:
        searcher.search(text, k=k, sources=sources)
    return _summary([_cost(partial(searcher.search, text, k=k, sources=sources)) for text in texts])


class _Cost(NamedTuple):
    wall_ms: float
    cpu_ms: float


def _cost(run: Callable[[], object]) -> _Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return _Cost(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu))


def _summary(costs: list[_Cost]) -> dict[str, float]:
    wall = [cost.wall_ms for cost in costs]
    cpu = [cost.cpu_ms for cost in costs]
    return {
        "p50_ms": float(np.percentile(wall, 50)),
        "p95_ms": float(np.percentile(wall, 95)),
        "max_ms": max(wall),
        "cpu_p50_ms": float(np.percentile(cpu, 50)),
        "cpu_p95_ms": float(np.percentile(cpu, 95)),
    }
