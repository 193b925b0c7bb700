"""`segue radio`: keeps playing from a track, an artist, a genre or a history, a line a song, while anybody reads."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segue.generator.errors import QueryError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from segue.generator.compact_generator import CompactGenerator
    from segue.tools.ranking.stock import Stock


def radio(
    track: Annotated[list[str] | None, typer.Option(help="A track to begin with: its id, or TITLE by ARTIST.")] = None,
    artist: Annotated[list[str] | None, typer.Option(help="An artist to begin with.")] = None,
    genre: Annotated[list[str] | None, typer.Option(help="A genre to begin with.")] = None,
    user: Annotated[str | None, typer.Option(help="Whose history to go on from; nothing banned is played.")] = None,
    token: Annotated[bool, typer.Option(help="Whether the listener's soft token steers, with --user.")] = True,
    data: Annotated[
        Path | None, typer.Option(help="Folder of taste; by default SEGUE_DATA or the user's data folder.")
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="Songs to play; 0: endlessly, until nothing is left.")] = 20,
    discovery: Annotated[float, typer.Option(min=0, max=1, help="0: what fits best; 1: new artists, by chance.")] = 0.3,
    kind: Annotated[
        str | None, typer.Option(help="What --artist and --genre begin with: track or episode.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed plays the same station.")] = 0,
    catalog: Annotated[
        Path | None, typer.Option(help="The catalog folder; by default SEGUE_CATALOG, your own, or the default one.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:  # fmt: skip
    """Keep playing from a track, an artist, a genre or a listener's history; no song comes twice."""
    from segue.agent.commands.loading import catalog_folder
    from segue.agent.settings import Settings
    from segue.generator.compact_generator import COMPACT, CompactGenerator
    from segue.tools.catalog.adapted import compact_folder
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.radio import RadioKnobs
    from segue.tools.radio import radio as play
    from segue.tools.ranking.stock import Stock

    knobs = RadioKnobs(discovery=discovery, seed=seed)
    with Catalog.open(catalog_folder(catalog, Settings.load())) as opened:
        stock = Stock(opened)
        tracks = [_track(stock, name) for name in track or ()]
        seeds = [*tracks, *_bearing(stock, "artists", artist, kind), *_bearing(stock, "genres", genre, kind)]
        generator = CompactGenerator.load(compact_folder(opened.root) or COMPACT, tokenizer=stock.codes.fingerprint)
        known = _known(stock, generator, user, data, token=token) if user is not None else _Known()
        stream = play(
            stock, generator, seeds, heard=[*known.heard, *tracks], allowed=known.allowed,
            refused=known.refused, listener=known.token, knobs=knobs,
        )  # fmt: skip
        for position in islice(stream, count or None):
            one = opened.at(position)
            said = {"id": one.id, "title": one.title, "artist": one.artist, "year": one.year}
            typer.echo(json.dumps(said, ensure_ascii=False) if json_ else f"{one.title} - {one.artist}")


@dataclass(frozen=True, eq=False)
class _Known:
    """What is known of a listener: tracks heard, what may be played, the soft token."""

    heard: "tuple[int, ...]" = ()
    allowed: "NDArray[np.bool_] | None" = None
    refused: Callable[[int], bool] | None = None
    token: "NDArray[np.float32] | None" = None


def _known(stock: "Stock", generator: "CompactGenerator", user: str, data: Path | None, *, token: bool) -> _Known:
    """Read a listener's taste.

    Raises TokenizerMismatch for a token over a catalog with a tokenizer of its own, and GeneratorMismatch for one that
    was learnt for another generator than the catalog's.
    """
    import numpy as np

    from segue.agent.settings import Settings
    from segue.agent.storage import open_store
    from segue.memory.events import attributes_of
    from segue.memory.listener.model import LISTENER, ListenerModel
    from segue.memory.listener.projection import token_for
    from segue.memory.listener.refresh import vector_of
    from segue.memory.taste import Taste
    from segue.tools.catalog.adapted import listener_folder
    from segue.tools.listener_codes import ListenerCodes

    async def read() -> "tuple[Taste, NDArray[np.float32] | None]":
        store = open_store(**Settings.load().kept(data))
        try:
            taste = await store.taste(user)
            if not token or not taste.version:
                return taste, None
            own = listener_folder(stock.catalog.root)
            model = ListenerModel.load(own or LISTENER, tokenizer=stock.codes.fingerprint)
            token_of = token_for(generator, model)
            codes_of = ListenerCodes(stock.catalog, stock.codes, stock.searcher.columns)
            return taste, token_of(await vector_of(store, model, codes_of, user))
        finally:
            await store.aclose()

    taste, made = asyncio.run(read())
    allowed = np.ones(len(stock), dtype=bool)
    positions = stock.catalog.positions
    allowed[[positions[track] for track in (*taste.disliked, *taste.skipped) if track in positions]] = False

    def refused(position: int) -> bool:
        track = stock.catalog.at(position)
        return taste.is_banned(attributes_of(track), track.id)

    heard = dict.fromkeys(positions[track] for track in (*taste.played, *taste.liked) if track in positions)
    return _Known(tuple(heard), allowed, refused if taste.bans else None, made)


def _track(stock: "Stock", name: str) -> int:
    """Return the position of a track by its id, or by what it is called."""
    from segue.tools.search.search import tiers_of

    if name in stock.catalog:
        return stock.catalog.position(name)
    tiers = tiers_of(stock.searcher.linker.link(name, bare=True))
    if not tiers:
        raise QueryError(f"no track of this catalog is called {name!r}")
    return min(tiers, key=lambda position: (tiers[position], not stock.plain[position], position))


def _bearing(stock: "Stock", field: str, names: list[str] | None, kind: str | None, most: int = 8) -> list[int]:
    """Return the best known tracks of each artist or genre; where it has none, and no kind is asked for, episodes."""
    import numpy as np

    from segue.generator.track import KINDS
    from segue.tools.search.filters import Filters

    def bearers(name: str) -> "NDArray[np.int64]":
        for one in (kind,) if kind else KINDS:
            filters = Filters.model_validate({field: (name,), "kinds": (one,)})
            rows = np.flatnonzero(stock.searcher.columns.apply(filters)[0])
            if len(rows):
                break
        return rows

    found: list[int] = []
    for name in names or ():
        rows = bearers(name)
        if not len(rows) and field == "artists" and (longer := _longer(stock, name)):
            rows = bearers(longer)
        if not len(rows):
            raise QueryError(f"no track of this catalog has {name!r} among its {field}")
        found += rows[np.argsort(-stock.popularity[rows], kind="stable")[:most]].tolist()
    return found


def _longer(stock: "Stock", name: str) -> str | None:
    """Return the name with the most tracks that begins with this one ("Bob Marley & The Wailers"), if there is any."""
    from segue.generator.names import artist_key

    begun = f"{artist_key(name)} "
    found = {key: n for key, n in stock.searcher.columns.vocabulary("artists").items() if f"{key} ".startswith(begun)}
    return max(found, key=lambda key: (found[key], key), default=None)
