"""`segue generator train`, `segue generator export`, `segue adapt`: teaching generators and taking them elsewhere."""

import hashlib
import json
import shlex
import sys
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from segue.generator.errors import UserError

if TYPE_CHECKING:
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.training.corpus import Corpus
    from segue.generator.training.fit import FitSettings
    from segue.generator.training.language import LanguageSettings

METRICS = "training.jsonl"
"""The file beside the weights that holds one line per report of their training."""

app = typer.Typer(help="The generators of semantic IDs: train one of your own, export it.", no_args_is_help=True)

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
        int, typer.Option(min=1, help="Passes in which the parallel generator's heads learn from the finished model.")
    ] = 4,
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
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.training.fit import FitSettings
    from segue.generator.training.language import LanguageSettings

    for option, given in (("--held-out", held_out), ("--steps", steps), ("--base", base), ("--start", start)):
        if given and kind == "compact":
            raise UserError(f"{option} is for the language model")
    if start and (held_out or steps):
        raise UserError("--start leaves the language model as it is: --held-out and --steps are for its training")
    if folds > 1 and kind == "language":
        raise UserError("--folds is for the compact generator")
    if folds > 1 and not (artist_requests or dialogues):
        raise UserError("--folds leaves dialogues and artists out: give --dialogues or --artist-requests")
    _refuse_garbage(artist_requests, dialogues)
    tokenizer = Tokenizer.load()
    console = Console(stderr=True)
    with console.status("encoding the tracks"):
        corpus = _corpus(catalog, tokenizer, artist_requests, dialogues, examples, seed)
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
        _train_compact(corpus, tokenizer, out, about, epochs, seed, folds)
    else:
        if start is None:
            settings = LanguageSettings(
                epochs=epochs, steps=steps, self_similarity=self_similarity, held_out=held_out, seed=seed
            )
            about = _train_language(corpus, tokenizer, out, about, settings, rank, base)
        _train_reader(corpus, tokenizer, start or out, out, about, FitSettings(epochs=reader_epochs, seed=seed), base)
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


def adapt(
    catalog: Annotated[Path, typer.Argument(help="A catalog folder.")],
    requests: Annotated[
        int,
        typer.Option(min=100, help="Requests by grammar, for 20,000 tracks and more; other examples in proportion."),
    ] = 20_000,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the examples.")] = 4,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Do not start from the shipped weights, which have read dialogues.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed and tracks give the same weights.")] = 0,
    feedback: Annotated[
        str | None,
        typer.Option(
            help="Refit the order instead: to conversations and taste where the settings keep them (`stored`), in a "
            "folder, or to a file of turns (JSON Lines)."
        ),
    ] = None,
    shipped_order: Annotated[
        bool, typer.Option("--shipped-order", help="Remove the catalog's own order, so that the shipped one ranks.")
    ] = False,
) -> None:
    """Fit Segue to a catalog: the compact generator to its tracks, or the order to its listeners' feedback.

    The generator takes minutes and needs no dialogues. With --feedback the order of recommendations is refitted, and
    kept where it is no worse than the shipped one on what was held out of the feedback.
    """
    if feedback is not None or shipped_order:
        from segue.agent.commands import refit

        if feedback is not None and shipped_order:
            raise UserError("--shipped-order removes what --feedback makes: choose one")
        if feedback is not None:
            refit.refit_order(catalog, feedback)
        else:
            refit.shipped_order(catalog)
        return
    from dataclasses import replace

    import numpy as np

    from segue.generator.compact_generator import save_compact
    from segue.generator.sentences import SentenceEncoder
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.training.adapt import Adaptation
    from segue.generator.training.adapt import adapt as fit
    from segue.generator.training.corpus import ADAPTATION
    from segue.generator.training.fit import FitSettings
    from segue.tools.catalog.adapted import adapted_draft, order_folder, publish_adapted
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.semantic_ids import open_codes, tokenizer_folder

    with Catalog.open(catalog) as opened:
        table = open_codes(opened)
        tokenizer = Tokenizer.load(
            tokenizer_folder(opened.folder), fingerprint=table.fingerprint, sentences=SentenceEncoder()
        )
        tracks, codes = list(opened), table.codes(np.arange(len(opened)))
    if not tracks:
        raise UserError(f"the catalog {catalog} is empty: there is nothing to learn")
    share = requests / ADAPTATION.requests
    mixture = replace(
        ADAPTATION,
        requests=requests,
        conversations=int(ADAPTATION.conversations * share),
        playlists=int(ADAPTATION.playlists * share),
        names=int(ADAPTATION.names * share),
        seed=seed,
    )
    adaptation = Adaptation(mixture, FitSettings(epochs=epochs, seed=seed), from_shipped=not from_scratch)
    with adapted_draft(catalog) as draft:
        with _Bars(draft / METRICS) as bars:
            network, about = fit(
                tracks,
                codes,
                tokenizer,
                adaptation,
                reading=bars.reading,
                report=lambda s: bars.step(s.done, s.total, loss=s.loss),
            )
        save_compact(network, draft, tokenizer=tokenizer.fingerprint, about=about)
        folder = publish_adapted(catalog, draft)
    console = Console(stderr=True)
    console.print(f"the compact generator knows {len(tracks):,} tracks now: {folder}")
    if order_folder(catalog) is not None:
        console.print("the order of this catalog was fitted with the generator before: --feedback fits it anew")


def _refuse_garbage(artist_requests: Path | None, dialogues: Path | None) -> None:
    """Read files for once before the long work begins, so that a bad line is told at once."""
    from segue.generator.training_data.artist_requests import read_artist_requests
    from segue.generator.training_data.human import read_dialogues

    if artist_requests:
        read_artist_requests(artist_requests)
    if dialogues:
        for _ in read_dialogues(dialogues):
            pass


def _corpus(
    catalogs: list[Path],
    tokenizer: "Tokenizer",
    requests: Path | None,
    dialogues: Path | None,
    examples: int,
    seed: int,
) -> "Corpus":
    from segue.generator.training.corpus import Mixture, build_corpus
    from segue.tools.importing.library import read_tracks

    corpus: Corpus | None = None
    share = examples // len(catalogs)
    for number, path in enumerate(catalogs):
        tracks, _ = read_tracks(path)
        if not tracks:
            raise UserError(f"{path} holds no tracks: there is nothing to learn")
        mixture = Mixture(
            requests=int(share * 0.45), conversations=int(share * 0.15), playlists=int(share * 0.1),
            names=int(share * 0.3),
            human_repeats=1, artist_requests=requests, dialogues=dialogues, seed=seed + 10 * number,
        )  # fmt: skip
        part = build_corpus(tracks, tokenizer.encode(tracks), mixture)
        corpus = part if corpus is None else corpus.joined(part, seed=seed)
    if corpus is None:
        raise UserError("name at least one catalog")
    return corpus


def _train_compact(
    corpus: "Corpus", tokenizer: "Tokenizer", out: Path, about: dict[str, Any], epochs: int, seed: int, folds: int
) -> None:
    from segue.generator.compact_generator import save_compact
    from segue.generator.minilm import MiniLM
    from segue.generator.training.adapt import new_network
    from segue.generator.training.compact import TextStates, prepare, train_compact
    from segue.generator.training.fit import FitSettings

    settings = FitSettings(epochs=epochs, seed=seed)
    with _Bars(out / METRICS) as bars:
        prepared = prepare(corpus, TextStates(MiniLM.load()), new_network(tokenizer), bars.reading)
        for fold in range(folds):
            network = new_network(tokenizer)
            only = corpus.without_fold(fold, folds) if folds > 1 else range(len(corpus.examples))
            train_compact(network, prepared, settings, lambda s: bars.step(s.done, s.total, loss=s.loss), only=only)
            told = about | {"examples": len(only), "loss": bars.last["loss"]}
            if folds > 1:
                told |= {"without_fold": fold, "folds": folds}
            folder = out / f"fold-{fold}" if folds > 1 else out
            save_compact(network, folder, tokenizer=tokenizer.fingerprint, about=told)


def _train_language(
    corpus: "Corpus", tokenizer: "Tokenizer", out: Path, about: dict[str, Any], settings: "LanguageSettings",
    rank: int, base: str,
) -> dict[str, Any]:  # fmt: skip
    """Train the language model, write its weights, and return what they are made of."""
    from segue.generator import base_model
    from segue.generator.language import MusicLanguageModel
    from segue.generator.language_files import base_hash, save_language
    from segue.generator.parallel import PROMPT_TOKENS, PROMPT_TRACKS
    from segue.generator.prompt import PromptBuilder
    from segue.generator.training.centroids import centroids
    from segue.generator.training.checkpoint import remove_checkpoint
    from segue.generator.training.language import train_language

    name = base or base_model.BUNDLED
    try:
        words = base_model.load_tokenizer(name)
    except OSError as error:
        raise UserError(f"no base model {name!r}: {error}") from error
    prompts = PromptBuilder(words, max_tokens=PROMPT_TOKENS, max_tracks=PROMPT_TRACKS)
    try:
        model = MusicLanguageModel(base_model.load_model(name), prompts.codec, rank=rank, seed=settings.seed)
    except ValueError as error:
        raise UserError(f"{name} cannot be trained: {error}") from error
    with _Bars(out / METRICS) as bars:
        train_language(
            model, prompts, corpus, settings, centroids=centroids(tokenizer), checkpoint=out / "checkpoint",
            report=lambda done, total, losses: bars.step(done, total, **losses._asdict()),
        )  # fmt: skip
    about |= {"settings": vars(settings), "figures": bars.last}
    save_language(model, out, tokenizer=tokenizer.fingerprint, base=base_hash(name), about=about)
    remove_checkpoint(out / "checkpoint")
    return about


def _train_reader(
    corpus: "Corpus", tokenizer: "Tokenizer", start: Path, out: Path, about: dict[str, Any], settings: "FitSettings",
    base: str,
) -> None:  # fmt: skip
    """Fit reader and heads of the weights in `start` to their language model, which stays as it is."""
    import torch

    from segue.generator import base_model
    from segue.generator.decoder import Decoder
    from segue.generator.half import halves_pay
    from segue.generator.language_files import base_hash, load_language, save_language
    from segue.generator.parallel import PROMPT_TOKENS, PROMPT_TRACKS
    from segue.generator.prompt import PromptBuilder
    from segue.generator.training.reader import train_reader
    from segue.generator.weight_files import manifest_of

    name = base or base_model.BUNDLED
    model, _ = load_language(start, tokenizer=tokenizer.fingerprint, base=name, dtype=torch.float32)
    reads, _ = load_language(start, tokenizer=tokenizer.fingerprint, base=name)
    prompts = PromptBuilder(
        base_model.load_tokenizer(name), model.codec, max_tokens=PROMPT_TOKENS, max_tracks=PROMPT_TRACKS
    )
    half = halves_pay() and reads.base.dtype is torch.float32
    decoder = Decoder(reads.fold(), PROMPT_TOKENS + 2, prompts.opening, depth=model.depth, half=half)
    with _Bars(out / METRICS) as bars:
        train_reader(
            model, decoder, prompts, corpus, settings,
            reading=bars.reading, report=lambda s: bars.step(s.done, s.total, reader=s.loss),
        )  # fmt: skip
    about |= {"reader": vars(settings), "reader_loss": bars.last["reader"]}
    if start != out:
        about["language_model"] = manifest_of(start)
    save_language(model, out, tokenizer=tokenizer.fingerprint, base=base_hash(name), about=about)


class _Bars:
    """A bar for reading and one for training, and a file with a line per report."""

    def __init__(self, metrics: Path) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._metrics = metrics
        self._tasks: dict[str, Any] = {}
        self.last: dict[str, float] = {}
        """Figures of the latest report."""

    def __enter__(self) -> "_Bars":
        self._file = self._metrics.open("a", encoding="utf-8")
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        self._file.close()

    def reading(self, done: int, total: int) -> None:
        """Show how many texts have been read."""
        self._show("reading texts", "reading texts", done, total)

    def step(self, done: int, total: int, **figures: float) -> None:
        """Show and write the figures of a report."""
        self.last = {name: value for name, value in figures.items() if not isnan(value)}
        told = ", ".join(f"{name} {value:.3f}" for name, value in self.last.items())
        self._show("training", f"training: {told}", done, total)
        self._file.write(json.dumps({"step": done, "of": total, **self.last}) + "\n")
        self._file.flush()

    def _show(self, task: str, description: str, done: int, total: int) -> None:
        if task not in self._tasks:
            self._tasks[task] = self._bar.add_task(description, total=total)
        self._bar.update(self._tasks[task], description=description, completed=done, total=total)


def _without_folders(argument: str) -> str:
    """Return a path's name: where a file lay is of no use to others, and its digest is noted."""
    return Path(argument).name if "/" in argument else argument


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
