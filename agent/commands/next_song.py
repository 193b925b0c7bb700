"""`segue next-song train`: learning what comes next, from the playlists of a catalog and people who rated tracks."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="What comes next after what was heard: learn a model of your own.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `train` a subcommand though it is the only one."""


@app.command()
def train(
    catalog: Annotated[Path, typer.Option(file_okay=False, exists=True, help="A catalog folder with playlists.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write the weights into.")],
    dialogues: Annotated[
        Path | None, typer.Option(exists=True, help="Dialogues with likes (CPCD's format); held-out ones are left out.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over all that was heard.")] = 80,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 0,
) -> None:
    """Learn a next-song model over the catalog's semantic IDs; playlists held out for measuring are not read."""
    import numpy as np
    import torch
    from rich.console import Console

    from segue.generator.errors import SourceError
    from segue.generator.next_song.learn import learn_continuation
    from segue.generator.next_song.training import Epoch, NextSongSettings
    from segue.generator.training_data.human import read_dialogues
    from segue.memory.listener.learn import HeldOut
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.semantic_ids import open_codes

    console = Console(stderr=True)
    with Catalog.open(catalog) as opened:
        tracks, table = list(opened), open_codes(opened)
        codes, fingerprint = table.codes(np.arange(len(tracks))), table.fingerprint

    def report(epoch: Epoch) -> None:
        console.print(f"epoch {epoch.number} of {epochs}: loss {epoch.loss:.4f}")

    torch.manual_seed(seed)
    try:
        model, about = learn_continuation(
            tracks, codes, fingerprint, without=HeldOut(), report=report,
            dialogues=read_dialogues(dialogues, "train") if dialogues else (),
            settings=NextSongSettings(epochs=epochs, batch=32, learning_rate=3e-3, seed=seed),
        )  # fmt: skip
    except ValueError as error:
        raise SourceError(f"{catalog}: {error}") from error
    shown = [argument.rpartition("/")[2] for argument in sys.argv[1:]]
    model.save(out, about | {"command": f"segue {shlex.join(shown)}"})
    console.print(f"weights in {out}")
