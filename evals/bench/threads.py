"""`segue bench threads`: is a turn ever lost, doubled or crossed, when many run at once or the process is killed?

    segue bench threads --turns 1000 --users 50 --kills 100 --json
    segue bench threads --database postgresql://user@host:5432/database

Rows: `langgraph alone` (the same turns at once on the compiled graph, without the façade), `at once` (one process),
`at once, four processes` (over one folder or database), and `killed` (SIGKILL at random moments of a conversation that
is taken up again each time). Metrics: `lost` (answered or asked turns that the thread does not have), `doubled`,
`crossed` (turns or taste with another listener), `taste lost` and `taste doubled`.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from segue.evals.bench.result import SAVING, BenchResult, Row


def command(
    turns: Annotated[int, typer.Option(min=1, help="Turns that run at once.")] = 1000,
    users: Annotated[int, typer.Option(min=1, help="Listeners that they belong to.")] = 50,
    kills: Annotated[int, typer.Option(min=0, help="Times that a process is killed.")] = 100,
    database: Annotated[
        str | None, typer.Option(help="Keep threads and tastes in this Postgres database, in schemas of its own.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the moments of the kills.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run many turns at once, kill processes in the middle of turns, and count what is missing."""
    from segue.evals.bench.threads_places import has_password, places
    from segue.evals.bench.threads_trials import Found, alone, at_once, killed, small_catalog

    if database is not None and SAVING.get() is not None and has_password(database):
        raise typer.BadParameter("a saved result tells its command: leave the password to PGPASSWORD or ~/.pgpass")

    with (
        tempfile.TemporaryDirectory() as scratch,
        places(Path(scratch), database) as place,
        Progress(console=Console(stderr=True)) as bar,
    ):
        folder = Path(scratch)
        small_catalog(folder / "catalog")
        task = bar.add_task("turns at once", total=3)
        found: dict[str, Found] = {}
        found["langgraph alone"] = alone(folder, place("alone"), turns=turns, users=users)
        bar.advance(task)
        for name, processes in (("at once", 1), ("at once, four processes", 4)):
            found[name] = at_once(folder, place(name), turns=turns, users=users, processes=processes)
            bar.advance(task)
        if kills:
            task = bar.add_task("killing", total=kills)
            found["killed"] = killed(folder, place("killed"), kills=kills, seed=seed, advance=lambda: bar.advance(task))
    ours = [each for name, each in found.items() if name != "langgraph alone"]
    bad = sum(each.lost + each.doubled + each.crossed + each.taste_lost + each.taste_doubled for each in ours)
    BenchResult(
        bench="threads",
        data={"users": users, "seed": seed, "kept in": "files" if database is None else "Postgres"},
        rows=[Row(name=name, metrics=each.metrics()) for name, each in found.items()],
        figures={"bad": bad},
    ).show(as_json=as_json)
    if bad:
        raise typer.Exit(1)
