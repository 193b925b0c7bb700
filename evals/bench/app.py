"""`segue bench NAME`: every claim in the documents is one of these commands."""

import typer

from segue.evals.bench import match

app = typer.Typer(help="Benchmarks: each prints the baseline beside ours in one run.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Benchmarks: each prints the baseline beside ours in one run."""


app.command("match")(match.command)
