"""`segue bench storage`: is the catalog ever torn, when writers are killed or meet?

    segue bench storage --kills 200 --writers 50 --json

Rows: `killed writers` (SIGKILL at random moments of an import), `killed at every flush` (just before each fsync in
turn) and `two writers at once`. Figures: `torn` and `corrupt` (catalogs that hold neither what they held before nor
what was imported, or fail a check of any file, of Chroma or of a query), `leftovers` (versions that the next writer
failed to remove) and `locked_seconds` (the longest time until a second writer was told).
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from segue.evals.bench.result import BenchResult, Row


def command(
    kills: Annotated[int, typer.Option(min=1, help="Imports to kill.")] = 200,
    writers: Annotated[int, typer.Option(min=1, help="Times that two writers start at once.")] = 50,
    tracks: Annotated[int, typer.Option(min=3, help="Tracks in each import.")] = 300,
    step: Annotated[int, typer.Option(min=1, help="Die before one flush in so many.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the moments of the kills.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Kill imports at random moments, let two writers meet, and look for torn catalogs."""
    from segue.evals.bench.storage_trials import kill_at_every_flush, kill_writers, race_writers
    from segue.tools.catalog.locks import WAIT

    with tempfile.TemporaryDirectory() as scratch, Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("killing writers", total=kills)
        killed = kill_writers(
            Path(scratch) / "kills", kills=kills, tracks=tracks, seed=seed, advance=lambda: bar.advance(task)
        )
        flush = bar.add_task("killing at every flush", total=None)
        flushed = kill_at_every_flush(
            Path(scratch) / "flushes", tracks=tracks, step=step, advance=lambda: bar.advance(flush)
        )
        race = bar.add_task("racing writers", total=writers)
        raced = race_writers(
            Path(scratch) / "races", races=writers, tracks=tracks, hold=1.5 * WAIT, advance=lambda: bar.advance(race)
        )
    for line in killed.torn + flushed.torn + raced.torn:
        typer.echo(line, err=True)
    BenchResult(
        bench="storage",
        data={"tracks": tracks, "seed": seed, "flushes apart": step},
        rows=[
            *(
                Row(
                    name=name,
                    metrics={
                        "trials": found.trials,
                        "interrupted": found.interrupted,
                        "old": found.kept_old,
                        "new": found.became_new,
                        "torn": len(found.torn),
                    },
                )
                for name, found in (("killed writers", killed), ("killed at every flush", flushed))
            ),
            Row(
                name="two writers at once",
                metrics={"trials": raced.trials, "turned away": raced.locked, "torn": len(raced.torn)},
            ),
        ],
        figures={
            "torn": len(killed.torn) + len(flushed.torn),
            "corrupt": len(raced.torn),
            "leftovers": killed.leftovers + flushed.leftovers + raced.leftovers,
            "locked_seconds": max(raced.locked_seconds, default=0.0),
        },
    ).show(as_json=as_json)
    if killed.torn or flushed.torn or raced.torn:
        raise typer.Exit(1)
