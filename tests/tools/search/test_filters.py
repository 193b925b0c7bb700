import numpy as np
import pyarrow as pa
import pytest

from segue.generator.errors import QueryError
from segue.generator.track import Track
from segue.tools.catalog.parquet import SCHEMA, to_batch
from segue.tools.search.filters import FilterColumns, Filters


def track(**fields: object) -> Track:
    return Track.model_validate(fields)


@pytest.fixture(scope="module")
def columns() -> FilterColumns:
    tracks = [
        track(id="a", title="One", artists=["The Blue Nile"], released="1984-05", genres=["indie rock"]),
        track(id="b", title="Two (Live)", artists=["Björk", "PJ Harvey"], released="1994", vocals="female"),
        track(id="c", title="Three", artists=["Nas"], genres=["Hip-Hop"], language="English"),
    ]  # fmt: skip
    return FilterColumns(pa.Table.from_batches([to_batch(tracks)], schema=SCHEMA))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(year_from=1984, year_to=1990), "a"),
        (Filters(year_from=1990), "b"),
        (Filters(year_to=1994), "ab"),
        (Filters(genres=("rock",)), "a"),
        (Filters(genres="hip hop"), "c"),
        (Filters(without_genres=("rock",)), "bc"),
        (Filters(artists=("blue nile", "pj harvey")), "ab"),
        (Filters(without_artists=("BJORK",)), "ac"),
        (Filters(without_versions=("live",)), "ac"),
        (Filters(versions=("plain",)), "ac"),
        (Filters(vocals=("female",)), "b"),
        (Filters(without_languages=("english",)), "ab"),
        (Filters(without_ids=("a", "gone")), "bc"),
        (Filters(without_years=("1980-1989",)), "bc"),
        (Filters(genres=("zydeco",)), ""),
        (Filters(), "abc"),
    ],
)
def test_mask(columns: FilterColumns, filters: Filters, expected: str) -> None:
    mask, applied = columns.apply(filters)
    assert "".join(np.array(list("abc"))[mask]) == expected
    assert applied.allowed == len(expected)


@pytest.mark.parametrize(
    ("genre", "expected"),
    [
        ("hip hop", "abc"), ("Trip Hip", "c"), ("hop", "abcd"), ("hop hip", "d"), ("trip hop", ""), ("hop hop", "b"),
        ("hip hop hop hop", ""),
    ],
)  # fmt: skip
def test_a_genre_is_borne_where_its_words_follow_each_other(genre: str, expected: str) -> None:
    genres = {"a": "Hip-Hop", "b": "hip hop hop", "c": "trip hip hop", "d": "hop hip"}
    tracks = [track(id=name, title=name, artists=["Nas"], genres=[label]) for name, label in genres.items()]
    columns = FilterColumns(pa.Table.from_batches([to_batch(tracks)], schema=SCHEMA))
    mask, applied = columns.apply(Filters(genres=(genre,)))
    assert "".join(np.array(list("abcd"))[mask]) == expected
    assert bool(applied.unmatched) == (not expected)


def test_what_is_not_known_is_counted(columns: FilterColumns) -> None:
    _, applied = columns.apply(Filters(year_from=1980, genres=("rock", "zydeco"), without_moods=("sad",)))
    assert applied.unknown == {"years": 1, "genres": 1}
    assert applied.unmatched == ("genres: zydeco",)
    assert applied.nothing_to_exclude == ("moods: sad",)


@pytest.mark.parametrize("filters", [Filters(year_from=1999, year_to=1990), Filters(year_from=7), Filters(genres=" ")])
def test_nonsense_is_refused(columns: FilterColumns, filters: Filters) -> None:
    with pytest.raises(QueryError):
        columns.apply(filters)


def test_merging_asks_for_both() -> None:
    merged = Filters(year_from=1980, genres=("rock",)).merge(Filters(year_from=1985, year_to=1990, genres=("pop",)))
    assert (merged.year_from, merged.year_to, merged.genres) == (1985, 1990, ("rock", "pop"))
