from collections.abc import Iterator

import pytest

from segue.agent.hear import Hearer
from segue.agent.wish import ThreadView
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog


def track(number: int, title: str, artist: str, year: int, genre: str, **more: object) -> Track:
    return Track.model_validate(
        {"id": f"t{number}", "title": title, "artists": [artist], "released": str(year), "genres": [genre], **more}
    )


SONGS = [
    track(1, "Hello", "Adele", 2015, "soul", vocals="female", language="English", moods=["sad"]),
    track(2, "Hello", "Lionel Richie", 1984, "soul", vocals="male", language="English", moods=["romantic"]),
    track(3, "Hello", "Oasis", 1995, "rock", vocals="male", language="English", moods=["rowdy", "euphoric"]),
    track(4, "Jolene", "Dolly Parton", 1973, "country", vocals="female", language="English", moods=["sad"]),
    track(5, "Ring of Fire", "Johnny Cash", 1963, "country", vocals="male", language="English"),
    track(6, "So What", "Miles Davis", 1959, "jazz", vocals="instrumental"),
    track(7, "Take Five", "Dave Brubeck", 1959, "jazz", vocals="instrumental", moods=["cool", "wistful"]),
    track(8, "La Vie en rose", "Édith Piaf", 1947, "chanson", vocals="female", language="French"),
    track(9, "Bohemian Rhapsody", "Queen", 1975, "rock", vocals="male", language="English"),
    track(10, "Paranoid Android", "Radiohead", 1997, "rock", vocals="male", language="English"),
    track(11, "Smooth Operator", "Sade", 1984, "soul", vocals="female", language="English", moods=["mellow"]),
    track(12, "Teardrop", "Massive Attack", 1998, "trip hop", vocals="female", language="English"),
    *(track(20 + n, f"Rock Number {n}", f"Band {n}", 1990 + n, "rock") for n in range(8)),
    *(track(40 + n, f"Tune {n}", f"Player {n}", 1990 + n, "country") for n in range(4)),
]


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    folder = tmp_path_factory.mktemp("hear-music")
    update_catalog(folder, SONGS, encoder=HashingEncoder())
    with Catalog.open(folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def hearer(catalog: Catalog) -> Hearer:
    made = Hearer(catalog)
    made.warm_up()
    return made


@pytest.fixture
def country(catalog: Catalog) -> ThreadView:
    shown = tuple(catalog.track(name) for name in ("t4", "t5", "t40"))
    singer = shown[0].artists[0].model_copy(update={"gender": "female"})
    return ThreadView(
        "Here are three country classics.", (shown[0].model_copy(update={"artists": (singer,)}), *shown[1:])
    )
