from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.generator.errors import QueryError
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog
from segue.tools.search.filters import Filters
from segue.tools.search.search import Searcher, search


def track(**fields: object) -> Track:
    return Track.model_validate(fields)


TRACKS = [
    track(id="a", title="Glory Box", artists=["Portishead"], released="1994", genres=["trip hop"], moods=["mellow"]),
    track(id="b", title="Teardrop", artists=["Massive Attack"], released="1998", genres=["trip hop"]),
    track(id="c", title="Teardrop (Live)", artists=["Massive Attack"], released="2004", genres=["trip hop"]),
    track(id="d", title="Hello", artists=["Adele"], released="2015", genres=["soul pop"]),
    track(id="e", title="Sinnerman", artists=["Nina Simone"], released="1965", genres=["vocal jazz"]),
    track(id="f", title="Feeling Good", artists=["Nina Simone"], genres=["vocal jazz"]),
    track(id="g", title="Feeling Good", artists=["Muse"], released="2001", genres=["alternative rock"]),
]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    folder: Path = tmp_path_factory.mktemp("music")
    update_catalog(folder, TRACKS, encoder=HashingEncoder())
    with Catalog.open(folder) as opened:
        yield opened


def found(catalog: Catalog, query: str, filters: Filters | None = None) -> list[str]:
    return [hit.track.id for hit in search(catalog, query, k=7, filters=filters).hits]


def test_named_tracks_come_first_the_plain_recording_before_the_live_one(catalog: Catalog) -> None:
    assert found(catalog, "Teardrop by Massive Attack")[:2] == ["b", "c"]
    assert found(catalog, "hello")[0] == "d"


def test_the_named_artist_settles_which_title_is_meant(catalog: Catalog) -> None:
    assert found(catalog, "Feeling Good by Muse") == ["g"]
    assert found(catalog, "something like Feeling Good by Nina Simone")[0] == "f"


def test_years_and_versions_in_the_query_are_obeyed_and_declared(catalog: Catalog) -> None:
    result = search(catalog, "trip hop from the 90s, not live")
    assert {hit.track.id for hit in result.hits} == {"a", "b"}
    assert (result.filters.year_from, result.filters.without_versions) == (1990, ("live",))
    assert result.applied.unknown == {"years": 1}
    assert any("90s" in note for note in result.notes)


def test_filters_given_hold_for_named_tracks_too(catalog: Catalog) -> None:
    result = search(catalog, "nina simone", filters=Filters(year_from=1990))
    assert not {"e", "f"} & {hit.track.id for hit in result.hits}
    assert any("Nina Simone" in note for note in result.notes)


def test_each_hit_says_where_it_came_from(catalog: Catalog) -> None:
    hit = search(catalog, "mellow trip hop", k=1).hits[0]
    assert hit.track.id == "a"
    assert hit.sources["lexical"][0] == 1
    assert set(search(catalog, "mellow trip hop", k=1, sources=["lexical"]).hits[0].sources) == {"lexical"}


def test_nothing_allowed_is_said(catalog: Catalog) -> None:
    result = search(catalog, "jazz", filters=Filters(genres=("zydeco",)))
    assert result.hits == ()
    assert "No track meets the filters." in result.notes


@pytest.mark.parametrize("query", ["", "  ", "?"])
def test_a_query_without_words_is_refused(catalog: Catalog, query: str) -> None:
    with pytest.raises(QueryError):
        search(catalog, query)


def test_a_foreign_encoder_is_refused(catalog: Catalog) -> None:
    with pytest.raises(QueryError, match="embedded with"):
        Searcher(catalog, encoder=HashingEncoder(16)).search("jazz")
