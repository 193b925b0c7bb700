"""A station plays what belongs together, never twice, and obeys its knobs."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest

from segue.generator.compact_generator import CompactGenerator
from segue.generator.errors import QueryError
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog
from segue.tools.radio import APART, RadioKnobs, radio
from segue.tools.ranking.stock import Stock

Place = tuple[Stock, CompactGenerator]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Catalog.open(default_catalog()) as catalog:
        yield Stock(catalog), CompactGenerator.load()


def of_genre(stock: Stock, genre: str) -> list[int]:
    return [
        row for row, genres in enumerate(stock.catalog.table["genres"].to_pylist()) if genre in " ".join(genres or ())
    ]


def test_no_song_comes_twice_and_artists_are_kept_apart(place: Place) -> None:
    stock, generator = place
    reggae = of_genre(stock, "reggae")
    knobs = RadioKnobs(discovery=0.3)
    songs = list(islice(radio(stock, generator, reggae[:2], heard=reggae[:1], knobs=knobs), 8))
    assert len({int(stock.works[song]) for song in (*songs, reggae[0])}) == 9
    artists = [int(stock.artists[song]) for song in songs]
    assert all(len(set(artists[at : at + APART + 1])) == APART + 1 for at in range(len(artists) - APART))
    assert len(set(songs) & set(of_genre(stock, "reggae"))) >= 4
    again = list(islice(radio(stock, generator, reggae[:2], heard=reggae[:1], knobs=knobs), 8))
    assert again == songs


def test_the_stream_ends_when_nothing_is_left_and_plays_only_what_is_allowed(place: Place) -> None:
    stock, generator = place
    allowed = np.zeros(len(stock), dtype=bool)
    allowed[:5] = True
    songs = list(radio(stock, generator, [7], allowed=allowed))
    assert 0 < len(songs) == len({int(work) for work in stock.works[:5]})
    assert set(songs) <= set(range(5))
    assert list(radio(stock, generator, [], heard=[0, 1, 2, 3, 4], allowed=allowed)) == []
    kept = list(radio(stock, generator, [7], allowed=allowed, refused=lambda song: song in (1, 3)))
    assert sorted(kept) == [0, 2, 4]


def test_one_song_of_an_artist_where_that_is_asked_for(place: Place) -> None:
    stock, generator = place
    allowed = np.zeros(len(stock), dtype=bool)
    numbers, counts = np.unique(stock.artists, return_counts=True)
    of_one = np.flatnonzero(stock.artists == numbers[counts.argmax()])
    allowed[of_one] = True
    assert len(list(radio(stock, generator, [0], allowed=allowed, knobs=RadioKnobs(per_artist=1)))) == 1


def test_a_station_opens_with_a_seed_and_stays_where_it_began(place: Place) -> None:
    stock, generator = place
    reggae = of_genre(stock, "reggae")
    songs = list(islice(radio(stock, generator, reggae[:4]), 10))
    assert songs[0] in reggae[:4]
    assert len(set(songs) & set(reggae)) > 5
    heard = list(islice(radio(stock, generator, reggae[:4], heard=reggae[:4]), 3))
    assert not set(heard) & set(reggae[:4])


def test_discovery_leaves_the_artists_of_the_seeds(place: Place) -> None:
    stock, generator = place
    numbers, counts = np.unique(stock.artists, return_counts=True)
    known = [np.flatnonzero(stock.artists == number).tolist() for number in numbers[np.argsort(-counts)[:6]]]

    def stays(discovery: float) -> int:
        """Count the artists of whom the next song is by the same one."""
        knobs = RadioKnobs(discovery=discovery)
        first = [next(radio(stock, generator, rows[:3], knobs=knobs)) for rows in known]
        return sum(song in rows for song, rows in zip(first, known, strict=True))

    assert stays(1.0) < stays(0.0)


def test_a_station_needs_a_beginning(place: Place) -> None:
    stock, generator = place
    with pytest.raises(QueryError, match="to begin with"):
        radio(stock, generator, [])
    with pytest.raises(QueryError, match="does not have"):
        radio(stock, generator, [len(stock)])
    for knobs in ({"discovery": 1.5}, {"per_artist": 0}):
        with pytest.raises(QueryError):
            RadioKnobs(**knobs)
