"""`segue bench NAME`: every claim in the documents is one of these commands."""

import typer

from segue.evals.bench import (
    backends,
    dialogues,
    entities,
    generation,
    hear,
    importance,
    intent,
    match,
    music_crs,
    next_song,
    personal,
    quantizers,
    ranking,
    requests,
    search,
    similar,
    simulate,
    storage,
    threads,
    turn,
)

app = typer.Typer(help="Benchmarks: each prints the baseline beside ours in one run.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Benchmarks: each prints the baseline beside ours in one run."""


app.command("backends")(backends.command)
app.command("dialogues")(dialogues.command)
app.command("entities")(entities.command)
app.command("generation")(generation.command)
app.command("hear")(hear.command)
app.command("importance")(importance.command)
app.command("intent")(intent.command)
app.command("match")(match.command)
app.command("music-crs")(music_crs.command)
app.command("next-song")(next_song.command)
app.command("personal")(personal.command)
app.command("quantizers")(quantizers.command)
app.command("ranking")(ranking.command)
app.command("requests")(requests.command)
app.command("search")(search.command)
app.command("similar")(similar.command)
app.command("simulate")(simulate.command)
app.command("storage")(storage.command)
app.command("threads")(threads.command)
app.command("turn")(turn.command)
