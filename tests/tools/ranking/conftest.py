"""A small catalog with names, versions, playlists and popularity in it, embedded by hashed words."""

from collections.abc import Iterator

import pytest

from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog

ARTISTS = ("Massive Attack", "Dolly Parton", "Sade", "Radiohead")
GENRES = ("trip hop", "country", "soul", "rock")


def song(number: int) -> Track:
    """Return track n: artist and genre n % 4, in playlist n // 8; every eighth is a live version of the one before."""
    live = number % 8 == 7
    return Track.model_validate(
        {
            "id": f"t{number:02}",
            "title": f"Song {number - 4} (Live)" if live else f"Song {number}",
            "artists": [{"name": ARTISTS[number % 4]}],
            "genres": [GENRES[number % 4]],
            "released": str(1980 + number),
            "popularity": number / 40,
            "listened": [{"id": f"p{number // 8}", "kind": "playlist"}],
        }
    )


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    folder = tmp_path_factory.mktemp("ranking")
    update_catalog(folder, [song(number) for number in range(40)], encoder=HashingEncoder())
    with Catalog.open(folder) as opened:
        yield opened
