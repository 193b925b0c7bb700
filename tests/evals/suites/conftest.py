"""A small catalog, and suites written on the spot."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.update import update_catalog

Write = Callable[[str], Path]


def song(number: int, title: str, artist: str, year: int | None, genres: list[str], **fields: object) -> Track:
    data = {"id": f"t{number}", "title": title, "artists": [artist], "genres": genres, **fields}
    return Track.model_validate(data | ({"released": str(year)} if year else {}))


TRACKS = [
    song(1, "Glory Box", "Portishead", 1994, ["trip hop"], vocals="female", language="English", moods=["smoky"]),
    song(2, "Teardrop", "Massive Attack", 1998, ["trip hop"], vocals="female", language="English"),
    song(3, "Jolene", "Dolly Parton", 1973, ["country"], vocals="female", language="English"),
    song(4, "Jolene (Live)", "Dolly Parton", 1994, ["country"], vocals="female", language="English"),
    song(5, "La Vie en rose", "Édith Piaf", 1947, ["chanson"], vocals="female", language="French"),
    song(6, "Smells Like Teen Spirit", "Nirvana", 1991, ["alternative rock", "grunge"], vocals="male"),
    song(7, "Undated", "Nobody", None, ["country rock"]),
]


@pytest.fixture(scope="session")
def tracks() -> dict[str, Track]:
    return {track.id: track for track in TRACKS}


@pytest.fixture(scope="session")
def catalog_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalog")
    update_catalog(folder, TRACKS, (), encoder=HashingEncoder())
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a suite and return its path."""

    def write_suite(text: str, name: str = "s.suite.yaml") -> Path:
        path = tmp_path / name
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    return write_suite
