"""`segue ranking train`: learning which tracks answer best, from dialogues in which tracks were liked."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(help="The order of recommendations: learn one of your own.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `train` a subcommand though it is the only one."""


@app.command("train")
def train(
    catalog: Annotated[Path, typer.Option(file_okay=False, exists=True, help="A catalog folder.")],
    dialogues: Annotated[Path, typer.Option(exists=True, help="Dialogues with likes (CPCD's format), JSON Lines.")],
    generators: Annotated[
        Path, typer.Option(exists=True, help="What `segue generator train --folds` wrote: fold-0, fold-1 and so on.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write the weights into.")],
    artist_requests: Annotated[Path | None, typer.Option(help="Requests written for artists, JSON Lines.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the two-tower retriever, per fold.")] = 150,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 0,
) -> None:  # fmt: skip
    """Train the two-tower retriever and the ranker on what is not held out of dialogues and requests."""
    from segue.generator.training_data.artist_requests import read_artist_requests
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.ranking.dialogues import judged_turns, read_conversations, youtube_positions
    from segue.tools.ranking.folds import read_generators
    from segue.tools.ranking.tower_training import TowerSettings
    from segue.tools.ranking.training import learn

    console = Console(stderr=True)
    with Catalog.open(catalog) as opened:
        turns = list(judged_turns(read_conversations(dialogues, "train"), youtube_positions(opened)))
        written = read_artist_requests(artist_requests) if artist_requests else []
        requests = [row for row in written if not row.held_out]
        unseeing = read_generators(generators, opened)
        learnt = learn(
            opened, turns, requests, unseeing, settings=TowerSettings(steps=steps, seed=seed), report=console.print
        )
    shown = [argument.rpartition("/")[2] for argument in sys.argv[1:]]
    about = {"command": f"segue {shlex.join(shown)}", "turns": learnt.turns, "requests": learnt.requests, "seed": seed}
    learnt.tower.save(out, about=about)
    learnt.rankers.save(out, about=about)
    console.print(f"weights in {out}, from {learnt.turns:,} turns and {learnt.requests:,} requests")
