"""`segue generator train`, `segue generator export`: teaching generators and taking them elsewhere."""

import hashlib
import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from segue.generator.errors import UserError

app = typer.Typer(help="The generators of semantic IDs: train one of your own, export it.", no_args_is_help=True)

READER_EPOCHS = 4
Kind = Literal["compact", "language"]
Dtype = Literal["float32", "bfloat16"]


@app.command("train")
def train(
    kind: Annotated[Kind, typer.Option(help="compact (MiniLM and heads) or language (the language model).")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write the weights into.")],
    catalog: Annotated[list[Path], typer.Option(exists=True, dir_okay=False, help="Files of tracks; may be repeated.")],
    artist_requests: Annotated[Path | None, typer.Option(help="Requests written for artists, JSON Lines.")] = None,
    dialogues: Annotated[Path | None, typer.Option(help="Human dialogues (CPCD); held-out ones never enter.")] = None,
    examples: Annotated[int, typer.Option(min=100, help="Examples by grammar, shared out over the catalogs.")] = 60_000,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the examples.")] = 1,
    folds: Annotated[
        int, typer.Option(min=1, help="Train so many compact generators, each without a fold of dialogues and artists.")
    ] = 1,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop the language model after so many steps.")] = None,
    rank: Annotated[int, typer.Option(min=0, help="Rank of the language model's changes; 0 trains all of it.")] = 16,
    base: Annotated[str, typer.Option(help="Base language model: the bundled one, a folder or a hub name.")] = "",
    self_similarity: Annotated[float, typer.Option(min=0, help="Weight of TalkPlay's self-similarity loss.")] = 0.1,
    reader_epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes in which the heads learn from the finished language model; 4 by default."),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Weights whose language model stays: the heads alone learn."),
    ] = None,
    held_out: Annotated[
        int, typer.Option(min=0, help="Examples kept out of the language model's training, to report their loss.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same order of examples.")] = 0,
) -> None:  # fmt: skip
    """Train a generator on the tracks of one or more catalogs. A killed training of the language model resumes.

    The language model learns first, then stays as it is while the heads of the parallel generator learn from what it
    reads. With --folds, for a ranker to learn from, the weights lie in the folders fold-0, fold-1 and so on of --out.
    """
    from segue.agent.commands.generator_training import (
        corpus_of,
        fit_reader,
        refuse_garbage,
        train_compact_generator,
        train_language_model,
    )
    from segue.generator.base_model import BUNDLED
    from segue.generator.language_files import KIND as LANGUAGE_KIND
    from segue.generator.language_files import base_hash
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.training.fit import FitSettings
    from segue.generator.training.language import LanguageSettings
    from segue.generator.weight_files import read_weights

    for option, given in (
        ("--held-out", held_out),
        ("--steps", steps),
        ("--base", base),
        ("--start", start),
        ("--reader-epochs", reader_epochs),
    ):
        if given and kind == "compact":
            raise UserError(f"{option} is for the language model")
    if start and (held_out or steps):
        raise UserError("--start leaves the language model as it is: --held-out and --steps are for its training")
    if folds > 1 and kind == "language":
        raise UserError("--folds is for the compact generator")
    if folds > 1 and not (artist_requests or dialogues):
        raise UserError("--folds leaves dialogues and artists out: give --dialogues or --artist-requests")
    refuse_garbage(artist_requests, dialogues)
    tokenizer = Tokenizer.load()
    if start:
        read_weights(start, LANGUAGE_KIND, tokenizer=tokenizer.fingerprint, base=base_hash(base or BUNDLED))
    console = Console(stderr=True)
    with console.status("encoding the tracks"):
        corpus = corpus_of(catalog, tokenizer, artist_requests, dialogues, examples, seed)
    console.print(f"{len(corpus.examples):,} examples")
    if held_out >= len(corpus.examples):
        raise UserError(f"{held_out:,} of {len(corpus.examples):,} examples held out leave nothing to learn")
    about = {
        "command": f"segue {shlex.join(_without_folders(argument) for argument in sys.argv[1:])}",
        "data": {path.name: _digest(path) for path in (*catalog, artist_requests, dialogues) if path},
        "examples": len(corpus.examples),
        "epochs": epochs,
        "seed": seed,
    }
    out.mkdir(parents=True, exist_ok=True)
    if kind == "compact":
        train_compact_generator(corpus, tokenizer, out, about, epochs, seed, folds)
    else:
        if start is None:
            settings = LanguageSettings(
                epochs=epochs, steps=steps, self_similarity=self_similarity, held_out=held_out, seed=seed
            )
            about = train_language_model(corpus, tokenizer, out, about, settings, rank, base)
        fit_reader(
            corpus, tokenizer, start, out, about, FitSettings(epochs=reader_epochs or READER_EPOCHS, seed=seed), base
        )
    console.print(f"weights in {out}")


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder of the checkpoint; an older export is replaced.")],
    weights: Annotated[
        Path | None, typer.Option(exists=True, help="Weights of the language model; the shipped ones if not given.")
    ] = None,
    base: Annotated[str, typer.Option(help="The base model that they were trained on, if not the bundled one.")] = "",
    dtype: Annotated[Dtype, typer.Option(help="The type of the numbers; float32 loses nothing.")] = "float32",
) -> None:
    """Write the language model as one Hugging Face checkpoint, for vLLM and the like."""
    from segue.generator import base_model
    from segue.generator.export import export as write
    from segue.generator.language_files import LANGUAGE

    console = Console(stderr=True)
    with console.status("merging the weights"):
        record = write(out, weights=weights or LANGUAGE, base=base or base_model.BUNDLED, dtype=dtype)
    console.print(f"a checkpoint in {out}; serve it under the name")
    typer.echo(str(record.name))


def _without_folders(argument: str) -> str:
    """Return a path's name: where a file lay is of no use to others, and its digest is noted."""
    return Path(argument).name if "/" in argument else argument


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
