"""`segue catalog`: import a library, look at it, take it out again, repair it.

Knows how to ask and to print; `segue.tools.importing` and `segue.tools.catalog` do the work.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segue.agent.commands.progress import stages
from segue.agent.settings import Settings
from segue.generator.errors import UserError

if TYPE_CHECKING:
    from segue.tools.catalog.overview import Overview
    from segue.tools.importing.summary import ImportSummary

app = typer.Typer(help="Import, inspect, export, prune and repair a catalog.", no_args_is_help=True)

CatalogOption = Annotated[
    Path | None, typer.Option("--catalog", help="The catalog folder; by default SEGUE_CATALOG, or your own catalog.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _folder(catalog: Path | None) -> Path:
    return catalog if catalog is not None else Settings.load().catalog


@app.command("import")
def import_(
    sources: Annotated[
        list[Path], typer.Argument(help="Tables, folders of audio files, playlists, listening histories.")
    ],
    catalog: CatalogOption = None,
    map_: Annotated[
        str, typer.Option("--map", help="Columns whose names say too little: title=track_name,artist=performer.")
    ] = "",
    kind: Annotated[str | None, typer.Option(help="What the sources are, where it is not recognised.")] = None,
    add_missing: Annotated[
        bool, typer.Option("--add-missing", help="Add tracks that only a playlist or a history names.")
    ] = False,
    analyse: Annotated[
        bool, typer.Option("--analyse", help="Listen to audio files for tempo, key and timbre (needs segue[audio]).")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that analyse audio.")] = None,
    artist_facts: Annotated[
        bool, typer.Option(help="Fill in what the sources do not say of well-known artists (genres, origin, ...).")
    ] = True,
    json_: JsonOption = False,
) -> None:
    """Import any music library; importing it again updates it."""
    from dataclasses import asdict

    from segue.tools.importing.columns import parse_mapping
    from segue.tools.importing.kinds import Kind
    from segue.tools.importing.library import ImportOptions, import_sources

    if kind is not None and kind not in tuple(Kind):
        raise typer.BadParameter(f"--kind is one of {', '.join(Kind)}")
    options = ImportOptions(
        mapping=parse_mapping(map_),
        kind=Kind(kind) if kind else None,
        add_missing=add_missing,
        analyse=analyse,
        workers=workers,
        artist_facts=artist_facts,
    )
    with stages() as progress:
        summary = import_sources(_folder(catalog), sources, options, progress=progress)
    if json_:
        _print_json(asdict(summary))
    else:
        _show_summary(summary)
    if any(source.rejected for source in summary.sources) and not any(source.accepted for source in summary.sources):
        raise typer.Exit(1)  # a script must notice that nothing at all was read


def _show_summary(summary: "ImportSummary") -> None:
    console = Console()
    table = Table(title="Import")
    for column in ("source", "kind", "rows", "accepted", "merged", "rejected", "cells left out", "seconds"):
        table.add_column(column, justify="left" if column in ("source", "kind") else "right")
    for source in summary.sources:
        counts = (source.rows, source.accepted, source.merged, source.rejected, source.cells)
        table.add_row(escape(source.source), source.kind, *(f"{n:,}" for n in counts), f"{source.seconds:.1f}")
    console.print(table)
    for source in summary.sources:
        for name, reason in source.ignored.items():
            console.print(f"not used: column {escape(repr(name))}, {escape(reason)}")
    update = summary.update
    console.print(
        f"{update.tracks:,} tracks in the catalog: {update.added:,} added, {update.changed:,} changed, "
        f"{update.removed:,} removed"
    )
    if summary.tracks_with_artist_facts:
        console.print(
            f"facts of well-known artists filled in for {summary.tracks_with_artist_facts:,} tracks "
            "(--no-artist-facts leaves them out)"
        )
    for name, stage in update.stages.items():
        console.print(f"{name}: {stage.items:,} in {stage.seconds:.1f} s ({stage.rate:,.0f} a second)")
    console.print(
        f"{summary.seconds:.1f} s in all; apart from embedding {summary.seconds_apart_from_embedding:.1f} s, "
        f"{summary.rows_per_second:,.0f} rows a second"
    )
    if summary.rejected_file:
        console.print(f"what was left out, and why: {escape(summary.rejected_file)}")
        for reason, count in list(summary.reasons.items())[:5]:
            console.print(f"  {count:,} x {escape(reason)}")


@app.command()
def info(catalog: CatalogOption = None, json_: JsonOption = False) -> None:
    """Say what a catalog knows, and what it lacks."""
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.overview import overview

    with Catalog.open(_folder(catalog)) as opened:
        found = overview(opened)
    if json_:
        _print_json(found.model_dump())
    else:
        _show_overview(found)


def _show_overview(found: "Overview") -> None:
    from segue.generator.modality import Modality

    console = Console()
    console.print(f"{escape(found.folder)}: version {found.version}, {found.created}")
    console.print(
        f"{found.tracks:,} tracks, {found.works:,} works, {found.artists:,} artists, "
        f"{found.bytes_on_disk / 1e6:,.1f} MB on disk"
    )
    console.print(f"encoder {escape(found.encoder)} ({found.encoder_fingerprint}); derived: {', '.join(found.derived)}")
    table = Table(title="Known share of tracks")
    for column in ("modality", "", "field", ""):
        table.add_column(column, justify="left" if column else "right")
    modalities = [(f"{name} {Modality(name).label}", f"{share:.1%}") for name, share in found.modalities.items()]
    fields = [(name, f"{share:.1%}") for name, share in found.known.items()]
    for index in range(max(len(modalities), len(fields))):
        left = modalities[index] if index < len(modalities) else ("", "")
        right = fields[index] if index < len(fields) else ("", "")
        table.add_row(*left, *right)
    console.print(table)


@app.command()
def show(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of tracks.")], catalog: CatalogOption = None
) -> None:
    """Print all that is known of tracks, as JSON."""
    from segue.tools.catalog.catalog import Catalog

    with Catalog.open(_folder(catalog)) as opened:
        for track_id in ids:
            typer.echo(opened.track(track_id).model_dump_json(indent=2, exclude_defaults=True))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="FILE.jsonl, FILE.csv or FILE.parquet.")], catalog: CatalogOption = None
) -> None:
    """Write all tracks to a file that import reads back."""
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.export import export_catalog

    with Catalog.open(_folder(catalog)) as opened:
        count = export_catalog(opened, file)
    Console().print(f"{count:,} tracks written to {escape(str(file))}")


@app.command()
def remove(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Ids of tracks.")] = None,
    artist: Annotated[list[str] | None, typer.Option(help="All tracks that bill this artist; repeatable.")] = None,
    catalog: CatalogOption = None,
) -> None:
    """Remove tracks, and every byte of them."""
    from segue.tools.importing.removal import remove_tracks

    if not ids and not artist:
        raise UserError("nothing to remove: name ids, or an --artist")
    with stages() as progress:
        summary = remove_tracks(_folder(catalog), ids or (), artists=artist or (), progress=progress)
    Console().print(f"{summary.removed:,} tracks removed, {summary.tracks:,} left")


@app.command()
def repair(
    catalog: CatalogOption = None,
    everything: Annotated[bool, typer.Option("--everything", help="Rebuild what is sound as well.")] = False,
) -> None:
    """Verify a catalog and rebuild what is derived from its tracks."""
    from segue.tools.catalog.repair import repair as run

    with stages() as progress:
        report = run(_folder(catalog), everything=everything, progress=progress)
    console = Console()
    for problem in report.problems:
        console.print(f"found: {escape(problem)}")
    rebuilt = f"rebuilt {', '.join(report.rebuilt)}" if report.rebuilt else "nothing had to be rebuilt"
    console.print(f"{report.tracks:,} tracks, version {report.version}: {rebuilt}")


def _print_json(value: Any) -> None:
    from pydantic_core import to_json

    typer.echo(to_json(value, indent=2).decode())
