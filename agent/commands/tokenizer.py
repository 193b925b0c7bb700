"""`segue tokenizer`: train a tokenizer of one's own, and see how well a tokenizer serves a catalog."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from segue.generator.errors import UserError

if TYPE_CHECKING:
    from segue.generator.modality import Modality
    from segue.generator.quantizers.protocol import Step
    from segue.generator.tokenizer_report import TokenizerReport
    from segue.generator.track import Track

METRICS = "training.jsonl"
"""The file beside the tokenizer that holds one line per epoch or level of its training."""

app = typer.Typer(help="Semantic IDs: train a tokenizer, or report on one.", no_args_is_help=True)

CatalogOption = Annotated[
    list[Path] | None,
    typer.Option("--catalog", help="A catalog folder or an importable file; may be repeated. Default: ours."),
]


@app.command("train")
def train(
    out: Annotated[Path, typer.Option(help="Folder to write the tokenizer into.")],
    catalog: CatalogOption = None,
    quantizer: Annotated[str, typer.Option(help="residual-kmeans, rq-vae, faiss-rq or random.")] = "residual-kmeans",
    sizes: Annotated[str, typer.Option(help="Codes per level, the unknown code not counted.")] = "128,64,31",
    epochs: Annotated[int | None, typer.Option(help="Epochs of an RQ-VAE (150).", min=1)] = None,
    seed: Annotated[int, typer.Option(help="The same seed and tracks give the same tokenizer.")] = 0,
    spread: Annotated[
        int, typer.Option(help="Invented tracks that give tempo, sound and date codes beyond the catalog's.", min=0)
    ] = 0,
    half: Annotated[bool, typer.Option("--half", help="Store half-precision weights.")] = False,
) -> None:
    """Train a tokenizer on the tracks of one or more catalogs."""
    from segue.generator.encoders.spread import spread_tracks
    from segue.generator.encoders.store import default_encoders
    from segue.generator.sentences import SentenceEncoder
    from segue.generator.tokenizer import Tokenizer

    settings = _settings(quantizer, epochs)
    levels = _sizes(sizes)
    tracks = _tracks(catalog)
    out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    with (out / METRICS).open("w", encoding="utf-8") as metrics, _bar(console) as bar:
        task = bar.add_task(f"encoding {len(tracks):,} tracks", total=None)

        def progress(modality: "Modality", step: "Step") -> None:
            description = f"{quantizer} {modality.value} ({modality.label})"
            bar.update(task, description=description, completed=step.done, total=step.total)
            line = {"modality": modality.value, "step": step.done, "of": step.total, **step.metrics}
            metrics.write(json.dumps(line) + "\n")

        tokenizer = Tokenizer.train(
            tracks,
            default_encoders(SentenceEncoder()),
            quantizer=quantizer,
            sizes=levels,
            settings=settings,
            spread=spread_tracks(spread, seed=seed),
            seed=seed,
            progress=progress,
        )
    if half:
        tokenizer = tokenizer.rounded()
    tokenizer.save(out)
    console.print(f"tokenizer {tokenizer.fingerprint} in {out}, trained on {len(tracks):,} tracks")


@app.command("report")
def report(
    catalog: CatalogOption = None,
    tokenizer: Annotated[Path | None, typer.Option(help="Folder of a tokenizer. Default: the shipped one.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML page, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how a tokenizer tells the tracks of a catalog apart; exit with 1 where it has collapsed."""
    from segue.agent.commands import tokenizer_page
    from segue.generator.encoders.features import encode_modalities
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.tokenizer_files import SHIPPED
    from segue.generator.tokenizer_prefixes import shared_prefixes
    from segue.generator.tokenizer_report import report as measure

    loaded = Tokenizer.load(tokenizer or SHIPPED)
    tracks = _tracks(catalog)
    if not tracks:
        raise UserError("the catalog is empty: there is nothing to report on")
    console = Console(stderr=True)
    with console.status(f"encoding {len(tracks):,} tracks"):
        features = encode_modalities(tracks, loaded.encoders)
        codes = loaded.encode_features(features)
        found = measure(loaded, features, codes)
        prefixes = shared_prefixes(tracks, codes)
    if html:
        html.write_text(tokenizer_page.page(found, prefixes), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(tokenizer_page.as_json(found, prefixes), indent=2, ensure_ascii=False))
    else:
        _print(found, prefixes)
    if found.problems:
        for problem in found.problems:
            typer.echo(f"segue: {problem}", err=True)
        raise typer.Exit(1)


def _print(found: "TokenizerReport", prefixes: dict[str, list[str]]) -> None:
    from segue.agent.commands.tokenizer_page import COLUMNS, cells

    console = Console()
    table = Table(title=f"tokenizer {found.fingerprint} over {found.tracks:,} tracks")
    for name in COLUMNS:
        first = name == COLUMNS[0]
        table.add_column(name, justify="left" if first else "right", no_wrap=first)
    for row in cells(found):
        table.add_row(*row)
    console.print(table)
    console.print(
        f"{found.ids:,} different IDs; {found.colliding:.1%} of the tracks share theirs, {found.largest:,} at most; "
        f"{found.tie_breaks:,} need a tie-break number",
        soft_wrap=True,
    )
    for prefix, titles in prefixes.items():
        console.print(f"{prefix}: {'; '.join(titles)}", markup=False, soft_wrap=True)


def _tracks(catalogs: list[Path] | None) -> list["Track"]:
    from segue.tools.catalog.default import SOURCE
    from segue.tools.catalog.parquet import from_rows, read_table
    from segue.tools.catalog.source import tracks_of

    if not catalogs:
        return list(from_rows(read_table(SOURCE)))
    return [track for catalog in catalogs for track in tracks_of(catalog)]


def _settings(quantizer: str, epochs: int | None) -> dict[str, object]:
    if epochs is None:
        return {}
    if quantizer != "rq-vae":
        raise UserError(f"--epochs is for the rq-vae; {quantizer} is not trained in epochs")
    from segue.generator.quantizers.autoencoder import Training

    return {"training": Training(epochs=epochs)}


def _sizes(text: str) -> tuple[int, int, int]:
    try:
        one, two, three = (int(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(f"--sizes takes three numbers such as 128,64,31, not {text!r}") from error
    return one, two, three


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)
