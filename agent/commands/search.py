"""`segue search`: find tracks of a catalog by words, with the reasons why each was found.

With `--json` it prints one object:

    {"query", "searched_for", "hits": [{"position", "score", "sources": {SOURCE: [rank, score]}, "track": {...}}],
     "mentions": [{"kind", "name", "score", "exact", "positions", "start", "end", "text", "alternatives": [...]}],
     "filters": {...}, "applied": {"allowed", "unknown": {FIELD: count}, "unmatched": [...]}, "notes": [...]}

SOURCE is "lexical" (BM25), "dense" (cosine similarity) or "named" (probability that the query names it). A track's
fields that are not known are left out. Knows how to print; `segue.tools.search` does the searching.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segue.agent.commands.progress import stages
from segue.agent.settings import Settings
from segue.generator.errors import QueryError

if TYPE_CHECKING:
    from segue.tools.search.search import Hit, SearchResult

_YEARS = re.compile(r"(\d{4})?(-)?(\d{4})?")


def search(
    query: Annotated[str, typer.Argument(help='What to look for: "mellow 90s trip hop, not live".')],
    catalog: Annotated[
        Path | None,
        typer.Option(help="A catalog folder; by default SEGUE_CATALOG, or else the catalog that comes with Segue."),
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="How many tracks.")] = 10,
    year: Annotated[str | None, typer.Option(help="Release years: 1994, 1990-1999, 1990- or -1999.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="track (the default) or episode; repeat for both.")] = None,
    genre: Annotated[list[str] | None, typer.Option(help="Only this genre; repeat for any of several.")] = None,
    mood: Annotated[list[str] | None, typer.Option(help="Only this mood; repeat for any of several.")] = None,
    artist: Annotated[list[str] | None, typer.Option(help="Only this artist; repeat for any of several.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language; repeat for any of several.")] = None,
    vocals: Annotated[list[str] | None, typer.Option(help="Only these vocals (female, male, instrumental).")] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Leave out FIELD:VALUE (version:live, genre:metal, artist:Drake); repeatable."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find tracks by words, names, years and sounds."""
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog
    from segue.tools.search.filters import Filters
    from segue.tools.search.search import search as run

    first, last = parse_years(year) if year else (None, None)
    filters = Filters(
        kinds=tuple(kind or ()),
        year_from=first,
        year_to=last,
        genres=tuple(genre or ()),
        moods=tuple(mood or ()),
        artists=tuple(artist or ()),
        languages=tuple(language or ()),
        vocals=tuple(vocals or ()),
        **parse_without(without or []),
    )
    settings = Settings.load()
    if catalog is None and "catalog" in settings.model_fields_set:
        catalog = settings.catalog
    if catalog is None:
        with stages() as progress:
            catalog = default_catalog(progress, cache=settings.cache / "catalogs")
    with Catalog.open(catalog) as opened:
        result = run(opened, query, k=k, filters=filters)
    if json_:
        typer.echo(result.model_dump_json(indent=2, exclude_defaults=True))
    else:
        show(result)


def parse_years(text: str) -> tuple[int | None, int | None]:
    """Read "1994", "1990-1999", "1990-" or "-1999" (QueryError for anything else)."""
    match = _YEARS.fullmatch(text.replace(" ", "").replace("–", "-"))
    if not match or not (match[1] or match[3]):
        raise QueryError(f"{text!r} are no years; write 1994, 1990-1999, 1990- or -1999")
    if not match[2]:
        if match[1] and match[3]:
            raise QueryError(f"{text!r} are no years; write {match[1]}-{match[3]}")
        return int(match[1] or match[3]), int(match[1] or match[3])
    return int(match[1]) if match[1] else None, int(match[3]) if match[3] else None


def parse_without(pieces: list[str]) -> dict[str, tuple[str, ...]]:
    """Read FIELD:VALUE pieces into the `without_*` fields of filters (QueryError for an unknown field)."""
    from segue.tools.search.filters import Filters

    fields = {
        name.removeprefix("without_").removesuffix("s"): name for name in Filters.model_fields if name[:8] == "without_"
    }
    fields["vocals"] = fields.pop("vocal")
    found: dict[str, tuple[str, ...]] = {}
    for piece in pieces:
        field, colon, value = piece.partition(":")
        if not colon or field not in fields or not value.strip():
            raise QueryError(f"cannot leave out {piece!r}; write FIELD:VALUE, FIELD one of {', '.join(sorted(fields))}")
        found[fields[field]] = (*found.get(fields[field], ()), value)
    return found


def show(result: "SearchResult") -> None:
    """Print a table of the hits, with the ranks that put them there, and the notes."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("Title", ratio=4, overflow="fold")
    table.add_column("Artist", ratio=3, overflow="fold")
    table.add_column("Year", justify="right")
    table.add_column("Genres", ratio=2, overflow="fold")
    table.add_column("Why", ratio=3, overflow="fold")
    for number, hit in enumerate(result.hits, 1):
        track = hit.track
        year = "" if track.year is None else str(track.year)
        cells = (track.title, track.artist, year, ", ".join(track.genres[:3]), why(hit))
        table.add_row(str(number), *(escape(cell) for cell in cells))
    console.print(table if result.hits else "Nothing found.")
    if result.mentions:
        named = (f"{m.kind} {m.name!r}" + ("" if m.exact else f" (for {m.text!r})") for m in result.mentions)
        console.print(f"Named: {escape(', '.join(named))}.", highlight=False)
    for note in result.notes:
        console.print(escape(note), highlight=False)


def why(hit: "Hit") -> str:
    """Say in which sources a hit ranked where: "named, lexical 3, dense 12"."""
    return ", ".join(
        "named" if name == "named" else f"{name} {rank}"
        for name, (rank, _) in sorted(hit.sources.items(), key=lambda item: (item[0] != "named", item[1]))
    )
