"""`segue bench all`: every benchmark that there is data for, its result saved, and the page written anew.

Each runs in a process of its own, so that none inherits another's threads, caches or memory, and one that fails leaves
the others alone. The exit code is 1 where one failed; its old result then stays.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from segue.evals.bench.page import PAGE, RESULTS, write_page
from segue.evals.bench.plan import PLAN, Run, runs
from segue.evals.bench.result import SavedResult


def command(
    data: Annotated[list[Path], typer.Option(help="Folder in which data files are found by their names; repeatable.")],
    catalog: Annotated[
        list[Path] | None,
        typer.Option(
            help="Catalog folder, or the word default; repeatable: a benchmark takes the first that has what it needs, "
            "latencies are measured over each. The default catalog if none is given."
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Smaller, for a first look; the page says so.")] = False,
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
    began, failed = time.perf_counter(), []
    for planned in PLAN:
        if wanted and planned.bench not in wanted:
            continue
        for run in runs(planned, data, catalogs, quick=quick):
            if run.skipped:
                typer.echo(f"{run.name}: skipped, {run.skipped}")
                continue
            started = time.perf_counter()
            problem = execute(run, results)
            typer.echo(f"{run.name}: {problem or 'saved'} ({time.perf_counter() - started:.0f} s)")
            if problem:
                failed.append(run.name)
    write_page(results, to)
    typer.echo(f"{to} written; {time.perf_counter() - began:.0f} s in all")
    if failed:
        typer.echo(f"failed: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


def execute(run: Run, results: Path) -> str:
    """Run one benchmark and save its result as `results/NAME.json`; return what went wrong, or nothing."""
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as scratch:
        file = Path(scratch) / "result.json"
        asked = [sys.executable, "-m", "segue", "bench", "--save", str(file), *run.arguments]
        ran = subprocess.run(asked, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if ran.returncode:
            told = ran.stderr.strip().splitlines()
            return f"failed with {ran.returncode}, {told[-1] if told else 'without a word'}"
        if not file.is_file():
            return "failed, it saved no result"
        saved = SavedResult.read(file)
    saved.model_copy(update={"quick": run.smaller}).write(results / f"{run.name}.json")
    return ""


def _default() -> Path:
    from segue.agent.commands.loading import catalog_folder
    from segue.agent.settings import Settings

    return catalog_folder(None, Settings.load())
