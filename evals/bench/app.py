"""`segue bench NAME`: every claim in the documents is one of these commands."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from segue.evals.bench import (
    backends,
    cross_validated,
    dialogues,
    entities,
    everything,
    generation,
    hear,
    importance,
    intent,
    match,
    memory,
    music_crs,
    next_song,
    obedience,
    orders,
    page,
    personal,
    quantizers,
    ranking,
    requests,
    search,
    self_similarity,
    serving,
    similar,
    simulate,
    storage,
    text_to_music,
    threads,
    tokens,
    turn,
)
from segue.evals.bench.result import SAVING, Saving

_ARGUMENTS = "segue.bench.arguments"


class BenchGroup(TyperGroup):
    """Keeps the words that follow a benchmark's name, for a saved result tells the command that made it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the benchmark, as every group does; `args` begins with its name."""
        ctx.meta[_ARGUMENTS] = list(args)
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=BenchGroup, help="Benchmarks: each prints the baseline beside ours in one run.", no_args_is_help=True
)


@app.callback()
def bench(
    ctx: typer.Context,
    save: Annotated[
        Path | None, typer.Option(help="Save the result to this file, with command, data, date and versions.")
    ] = None,
) -> None:
    """Benchmarks: each prints the baseline beside ours in one run."""
    SAVING.set(None if save is None else Saving(save, ctx.meta[_ARGUMENTS]))


app.command("all")(everything.command)
app.command("page")(page.command)
app.command("backends")(backends.command)
app.command("cross-validated")(cross_validated.command)
app.command("dialogues")(dialogues.command)
app.command("entities")(entities.command)
app.command("generation")(generation.command)
app.command("hear")(hear.command)
app.command("importance")(importance.command)
app.command("intent")(intent.command)
app.command("match")(match.command)
app.command("memory")(memory.command)
app.command("music-crs")(music_crs.command)
app.command("next-song")(next_song.command)
app.command("obedience")(obedience.command)
app.command("orders")(orders.command)
app.command("personal")(personal.command)
app.command("quantizers")(quantizers.command)
app.command("ranking")(ranking.command)
app.command("requests")(requests.command)
app.command("search")(search.command)
app.command("self-similarity")(self_similarity.command)
app.command("serving")(serving.command)
app.command("similar")(similar.command)
app.command("simulate")(simulate.command)
app.command("storage")(storage.command)
app.command("text-to-music")(text_to_music.command)
app.command("threads")(threads.command)
app.command("tokens")(tokens.command)
app.command("turn")(turn.command)
