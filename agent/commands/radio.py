"""`segue radio`: keeps playing from a track, an artist or a genre, a line a song, as long as anybody reads."""

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segue.generator.errors import QueryError

if TYPE_CHECKING:
    from segue.tools.ranking.stock import Stock


def radio(
    track: Annotated[list[str] | None, typer.Option(help="A track to begin with: its id, or TITLE by ARTIST.")] = None,
    artist: Annotated[list[str] | None, typer.Option(help="An artist to begin with.")] = None,
    genre: Annotated[list[str] | None, typer.Option(help="A genre to begin with.")] = None,
    count: Annotated[int, typer.Option(min=0, help="Songs to play; 0: endlessly, until nothing is left.")] = 20,
    discovery: Annotated[float, typer.Option(min=0, max=1, help="0: what fits best; 1: new artists, by chance.")] = 0.3,
    seed: Annotated[int, typer.Option(help="The same seed plays the same station.")] = 0,
    catalog: Annotated[
        Path | None, typer.Option(help="The catalog folder; by default SEGUE_CATALOG, your own, or the default one.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:  # fmt: skip
    """Keep playing from a track, an artist or a genre; no song comes twice."""
    from segue.agent.commands.loading import catalog_folder
    from segue.agent.parts import default_generator
    from segue.agent.settings import Settings
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.radio import RadioKnobs
    from segue.tools.radio import radio as play
    from segue.tools.ranking.stock import Stock

    knobs = RadioKnobs(discovery=discovery, seed=seed)
    with Catalog.open(catalog_folder(catalog, Settings.load())) as opened:
        stock = Stock(opened)
        tracks = [_track(stock, name) for name in track or ()]
        seeds = [*tracks, *_bearing(stock, "artists", artist or []), *_bearing(stock, "genres", genre or [])]
        stream = play(stock, default_generator(opened), seeds, heard=tracks, knobs=knobs)
        for position in islice(stream, count or None):
            one = opened.at(position)
            said = {"id": one.id, "title": one.title, "artist": one.artist, "year": one.year}
            typer.echo(json.dumps(said, ensure_ascii=False) if json_ else f"{one.title} - {one.artist}")


def _track(stock: "Stock", name: str) -> int:
    """Return the position of a track by its id, or by what it is called."""
    from segue.tools.search.search import tiers_of

    if name in stock.catalog:
        return stock.catalog.position(name)
    tiers = tiers_of(stock.searcher.linker.link(name, bare=True))
    if not tiers:
        raise QueryError(f"no track of this catalog is called {name!r}")
    return min(tiers, key=lambda position: (tiers[position], not stock.plain[position], position))


def _bearing(stock: "Stock", field: str, names: list[str], most: int = 8) -> list[int]:
    """Return the best known tracks of each artist or genre."""
    import numpy as np

    from segue.tools.search.filters import Filters

    found: list[int] = []
    for name in names:
        rows = np.flatnonzero(stock.searcher.columns.apply(Filters.model_validate({field: (name,)}))[0])
        if not len(rows):
            raise QueryError(f"no track of this catalog has {name!r} among its {field}")
        found += rows[np.argsort(-stock.popularity[rows], kind="stable")[:most]].tolist()
    return found
