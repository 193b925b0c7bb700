"""`segue recommend`: one request, one answer with its reasons, and no conversation around it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segue.generator.errors import QueryError, SourceError

if TYPE_CHECKING:
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.ranking.recommend import Recommendation
    from segue.tools.ranking.situation import PastTurn


def recommend(
    request: Annotated[str, typer.Argument(help="What to play, in plain words.")],
    catalog: Annotated[
        Path | None, typer.Option(help="The catalog folder; by default SEGUE_CATALOG, your own, or the default one.")
    ] = None,
    history: Annotated[
        Path | None, typer.Option(help="Earlier turns, JSON Lines: message, reply, liked, disliked (track ids).")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Tracks wanted.")] = 10,
    kind: Annotated[list[str] | None, typer.Option(help="track (the default) or episode; repeat for both.")] = None,
    per_artist: Annotated[int, typer.Option(min=0, help="Tracks per artist at most; 0: any number.")] = 2,
    diversity: Annotated[float, typer.Option(min=0, max=1, help="0: by fit alone; 1: as unlike as can be.")] = 0.0,
    novelty: Annotated[float, typer.Option(min=0, max=1, help="How much well-known tracks lose.")] = 0.0,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Recommend tracks of a catalog for one request, with the reasons."""
    from segue.agent.commands.loading import catalog_folder
    from segue.agent.parts import default_generator
    from segue.agent.settings import Settings
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.ranking.recommend import Recommender
    from segue.tools.ranking.select import Knobs
    from segue.tools.ranking.situation import Situation
    from segue.tools.search.filters import Filters
    from segue.tools.search.query import understand
    from segue.tools.search.words import words

    if not words(request):
        raise QueryError("the request has no words")
    with Catalog.open(catalog_folder(catalog, Settings.load())) as opened:
        recommender = Recommender(opened, generator=default_generator(opened))
        past = _history(history, opened) if history else ()
        filters = understand(request, recommender.stock.searcher.linker.link(request, bare=True)).filters
        filters = filters.merge(Filters(kinds=tuple(kind or ())))
        found = recommender.recommend(
            Situation(request, past),
            k,
            filters=filters,
            knobs=Knobs(per_artist=per_artist or None, diversity=diversity, novelty=novelty),
        )
    if json_:
        typer.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
    else:
        _show(found)


def _history(path: Path, catalog: "Catalog") -> "tuple[PastTurn, ...]":
    """Return the turns of a file. Raises SourceError for a line that is none, TrackNotFound for an unknown track."""
    from segue.generator.json_lines import read_objects
    from segue.tools.ranking.situation import PastTurn

    turns = []
    for number, row in read_objects(path):
        rated = {name: row.get(name, []) for name in ("liked", "disliked", "shown")}
        if not isinstance(row.get("message"), str) or not all(isinstance(ids, list) for ids in rated.values()):
            raise SourceError(f'{path}, line {number}: no turn; {{"message": "...", "liked": ["ID"]}} is expected')
        positions = {name: tuple(catalog.position(str(track)) for track in ids) for name, ids in rated.items()}
        turns.append(PastTurn(row["message"], str(row.get("reply") or ""), **positions))
    return tuple(turns)


def _as_json(found: "Recommendation") -> dict[str, Any]:
    return {
        "tracks": [
            {
                "id": one.track.id,
                "title": one.track.title,
                "artist": one.track.artist,
                "year": one.track.year,
                "score": round(one.score, 4),
                "sources": {name: round(share, 3) for name, share in one.sources.items() if share},
                "modalities": {name: round(share, 3) for name, share in one.modalities.items() if share},
                "depths": one.depths,
            }
            for one in found.tracks
        ],
        "filters": found.applied.model_dump(),
        "notes": found.notes,
        "degraded": found.degraded,
        "order": found.order,
        "weights": found.weights.model_dump(),
        "seconds": {name: round(seconds, 4) for name, seconds in found.seconds.items()},
    }


def _show(found: "Recommendation") -> None:
    table = Table(box=None)
    for column in ("", "title", "artist", "year", "because of", "modalities"):
        table.add_column(column, justify="right" if column in ("", "year") else "left")
    for number, one in enumerate(found.tracks, 1):
        table.add_row(
            str(number), escape(one.track.title), escape(one.track.artist), str(one.track.year or ""),
            _largest(one.sources), _largest(one.modalities),
        )  # fmt: skip
    console = Console()
    console.print(table)
    for sentence in (*found.notes, *found.degraded):
        console.print(escape(sentence))


def _largest(shares: dict[str, float], most: int = 3) -> str:
    best = sorted(shares.items(), key=lambda item: -item[1])[:most]
    return ", ".join(f"{name} {share:.0%}" for name, share in best if share >= 0.05)
