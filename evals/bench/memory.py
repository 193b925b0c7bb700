"""`segue bench memory`: how fast taste is remembered, whether writers at once lose any, whether erasing leaves bytes.

    segue bench memory --events 2000 --writers 4 --json

Rows: Segue's store, and `plain sqlite`, a table with one row per event, which folds the whole log at each question.
Metrics: `appends_per_second` (one event a call, on disk when it returns), `first_taste_ms@N` (a log of N events, not
read before) and `next_taste_ms@N` (after one more event), `lost` and `doubled` (of events that several processes write
at once to one listener, some of which all of them deliver), `erased_words_left` (names of an erased listener and their
words that are still in the files; of `erased_words` that were there). The exit code is 1 where Segue's store
loses, doubles or leaves any.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from segue.evals.bench.result import BenchResult, Row


def command(
    events: Annotated[int, typer.Option(min=10, help="Events that are appended, one by one.")] = 2000,
    logs: Annotated[
        str, typer.Option(help="Lengths of the logs that are folded, separated by commas.")
    ] = "100,1000,10000",
    writers: Annotated[int, typer.Option(min=2, help="Processes that write at once.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Time the store of taste, write to it from several processes at once, and look for what erasing left."""
    from segue.evals.bench.memory_trials import STORES, measured

    try:
        lengths = [int(length) for length in logs.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"--logs wants whole numbers separated by commas, not {logs!r}") from error
    if min(lengths) < 1:
        raise typer.BadParameter("a log that is folded has at least one event")
    rows = []
    for name in STORES:
        with tempfile.TemporaryDirectory() as scratch:
            rows.append(Row(name=name, metrics=measured(name, Path(scratch), events, lengths, writers)))
    ours = rows[0].metrics
    bad = ours["lost"] + ours["doubled"] + ours["erased_words_left"]
    BenchResult(
        bench="memory",
        data={"events": events, "logs": lengths, "writers": writers},
        rows=rows,
        figures={"bad": bad},
    ).show(as_json=as_json)
    if bad:
        raise typer.Exit(1)
