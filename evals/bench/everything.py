"""`segue bench all`: every benchmark that there is data for, its result saved, and the page written anew.

Each runs in a process of its own, so that none inherits another's threads, caches or memory, and one that fails leaves
the others alone. Those that time nothing run beside each other, one for each core; the others have the machine to
themselves afterwards. The processes of the quick form are forks of one that has imported everything: half of its time
went into imports, and what it says of loading leaves them out. The exit code is 1 where one failed; its old result then
stays.
"""

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated

import typer

from segue.evals.bench.page import PAGE, RESULTS, write_page
from segue.evals.bench.plan import PLAN, Run, runs
from segue.evals.bench.result import SavedResult
from segue.evals.bench.starts import Fresh, Start, Warm


def command(
    data: Annotated[list[Path], typer.Option(help="Folder in which data files are found by their names; repeatable.")],
    catalog: Annotated[
        list[Path] | None,
        typer.Option(
            help="Catalog folder, or the word default; repeatable: a benchmark takes the first that has what it needs, "
            "latencies are measured over each, but for the quick form. The default catalog if none is given."
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Smaller, for a first look; the page says so.")] = False,
    jobs: Annotated[
        int, typer.Option(min=0, help="Benchmarks beside each other, of those that time nothing; 0: one for each core.")
    ] = 0,
    only: Annotated[str, typer.Option(help="Only these benchmarks, separated by commas.")] = "",
    results: Annotated[Path, typer.Option(help="Folder of the saved results.")] = RESULTS,
    to: Annotated[Path, typer.Option(help="The page that is written from them.")] = PAGE,
) -> None:
    """Run every benchmark that there is data for, save the results, and write the page."""
    for folder in data:
        if not folder.is_dir():
            raise typer.BadParameter(f"no such folder: {folder}")
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    unknown = set(wanted) - {planned.bench for planned in PLAN}
    if unknown:
        raise typer.BadParameter(f"no such benchmark: {', '.join(sorted(unknown))}")
    folders = [_default() if str(folder) == "default" else folder for folder in catalog or (Path("default"),)]
    catalogs = [("" if not number else folder.resolve().name, folder) for number, folder in enumerate(folders)]
    began, failed, planned_runs = time.perf_counter(), list[str](), list[Run]()
    for planned in PLAN:
        if not wanted or planned.bench in wanted:
            planned_runs += runs(planned, data, catalogs, quick=quick)
    for run in planned_runs:
        if run.skipped:
            typer.echo(f"{run.name}: skipped, {run.skipped}")
    asked = [run for run in planned_runs if not run.skipped]
    cores = os.cpu_count() or 1
    for timed, workers in ((False, jobs or cores), (True, 1)):
        threads = max(1, cores // workers)
        some = [run for run in asked if run.timed == timed]
        free, starts = SimpleQueue[Start](), list[Start]()
        for _ in range(min(workers, len(some))):
            starts.append(Warm(threads) if quick else Fresh(threads))
            free.put(starts[-1])
        try:
            with ThreadPoolExecutor(workers) as pool:
                for run, (problem, took) in zip(some, pool.map(partial(_in_turn, results, free), some), strict=True):
                    typer.echo(f"{run.name}: {problem or 'saved'} ({took})")
                    if problem:
                        failed.append(run.name)
        finally:
            for start in starts:
                start.close()
    write_page(results, to)
    typer.echo(f"{to} written; {time.perf_counter() - began:.0f} s in all")
    if failed:
        typer.echo(f"failed: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


def _in_turn(results: Path, free: SimpleQueue[Start], run: Run) -> tuple[str, str]:
    start = free.get()
    try:
        return execute(run, results, start)
    finally:
        free.put(start)


def execute(run: Run, results: Path, start: Start) -> tuple[str, str]:
    """Run one benchmark, save its result as `results/NAME.json`; return what went wrong, if any, and what it took."""
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as scratch:
        file = Path(scratch) / "result.json"
        began = time.perf_counter()
        ended = start(["--save", str(file), *run.arguments])
        seconds = time.perf_counter() - began
        took = f"{seconds:.0f} s, {ended.processor:.0f} s of processor time"
        if ended.code:
            lines = ended.told.strip().splitlines()
            return f"failed with {ended.code}, {lines[-1] if lines else 'without a word'}", took
        if not file.is_file():
            return "failed, it saved no result", took
        saved = SavedResult.read(file)
    about = {"quick": run.smaller, "seconds": round(seconds, 1)}
    saved.model_copy(update=about).write(results / f"{run.name}.json")
    return "", took


def _default() -> Path:
    from segue.agent.commands.loading import catalog_folder
    from segue.agent.settings import Settings

    return catalog_folder(None, Settings.load())
