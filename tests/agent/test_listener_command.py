"""`segue listener refresh`, `segue taste export` and `erase`, and `segue radio` on the command line."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segue.agent.cli import build_app
from segue.agent.storage import TASTE
from segue.generator.errors import QueryError
from segue.memory.events import Subject, TasteEvent
from segue.memory.store import SqliteTasteStore
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog

runner = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of taste in which two listeners like a track each."""
    with Catalog.open(default_catalog()) as catalog:
        tracks = catalog.ids[:2]

    async def fill() -> None:
        store = SqliteTasteStore(tmp_path / TASTE)
        for user, track in zip(("ana", "ben"), tracks, strict=True):
            subject = Subject(kind="track", value=track)
            await store.append([TasteEvent(key="1", user=user, time=datetime.now(UTC), kind="liked", subject=subject)])
        await store.aclose()

    asyncio.run(fill())
    return tmp_path


def run(*arguments: str) -> str:
    result = runner.invoke(build_app(), arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_vectors_are_refreshed_once_exported_and_erased(data: Path) -> None:
    refreshing = ("listener", "refresh", "--catalog", str(default_catalog()), "--data", str(data))
    assert "2 listeners" in run(*refreshing)
    assert "0 listeners" in run(*refreshing)
    exported = json.loads(run("taste", "export", "--user", "ana", "--data", str(data)))
    assert len(exported["vector"]["values"]) == 64
    run("taste", "erase", "--user", "ana", "--yes", "--data", str(data))
    assert "vector" not in json.loads(run("taste", "export", "--user", "ana", "--data", str(data)))
    assert "vector" in json.loads(run("taste", "export", "--user", "ben", "--data", str(data)))


def test_radio_goes_on_from_a_history_and_obeys_the_taste(data: Path) -> None:
    with Catalog.open(default_catalog()) as catalog:
        liked = catalog.at(0)
        genres = {row["id"]: row["genres"] for row in catalog.table.select(["id", "genres"]).to_pylist()}
    banned = liked.genres[0]
    run("taste", "edit", "never", banned, "--kind", "genre", "--user", "ana", "--data", str(data))
    places = ("--user", "ana", "--data", str(data), "--catalog", str(default_catalog()))
    songs = [json.loads(line)["id"] for line in run("radio", *places, "--count", "8", "--json").splitlines()]
    assert len(set(songs)) == 8
    assert not any(banned in genres[song] for song in songs)
    assert liked.id not in songs


def test_radio_plays_what_it_is_asked_for_and_refuses_what_is_not_there() -> None:
    catalog = ("--catalog", str(default_catalog()))
    lines = run("radio", "--track", "Teardrop by Massive Attack", "--count", "3", "--json", *catalog).splitlines()
    songs = [json.loads(line) for line in lines]
    assert len({song["id"] for song in songs}) == 3
    assert "Teardrop" not in {song["title"] for song in songs}
    for wrong in (("--genre", "no such genre"), ("--track", "qwxyz zzyqx"), ()):
        with pytest.raises(QueryError):
            runner.invoke(build_app(), ["radio", *wrong, *catalog], catch_exceptions=False)
