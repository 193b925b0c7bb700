import pytest

from segue.tools.search.entities import Mention
from segue.tools.search.filters import Filters
from segue.tools.search.query import understand


def mention(query: str, text: str, kind: str) -> Mention:
    start = query.index(text)
    return Mention.model_validate(
        {"kind": kind, "name": text, "score": 1, "positions": (0,), "exact": True, "start": start,
         "end": start + len(text), "text": text}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("mellow 90s rock", Filters(year_from=1990, year_to=1999)),
        ("late nineties trip hop", Filters(year_from=1996, year_to=1999)),
        ("disco 1975-1979", Filters(year_from=1975, year_to=1979)),
        ("80s and 90s ballads", Filters(year_from=1980, year_to=1999)),
        ("hits from 1984", Filters(year_from=1984, year_to=1984)),
        ("soul, not live", Filters(without_versions=("live",))),
        ("no karaoke or anything, no remixes", Filters(without_versions=("karaoke", "remix"))),
        ("1984", Filters()),
        ("live music", Filters()),
    ],
)
def test_certain_pieces_become_filters(query: str, filters: Filters) -> None:
    assert understand(query).filters == filters


@pytest.mark.parametrize("query", ["80s style synths", "not 80s rock", "60s and 90s pop", "1999-1990 rock"])
def test_doubtful_pieces_are_declared(query: str) -> None:
    understood = understand(query)
    assert understood.filters == Filters()
    assert len(understood.not_applied) == 1
    assert understood.text == query


def test_the_artist_asked_for_becomes_a_filter() -> None:
    query = "sad songs by Nina Simone"
    assert understand(query, [mention(query, "Nina Simone", "artist")]).filters == Filters(artists=("Nina Simone",))


@pytest.mark.parametrize("query", ["songs like Halo by Nina Simone", "songs written by Nina Simone"])
def test_an_artist_to_compare_with_does_not(query: str) -> None:
    understood = understand(query, [mention(query, "Nina Simone", "artist")])
    assert understood.filters == Filters()
    assert understood.not_applied


def test_names_are_no_filters() -> None:
    query = "play Summer of 1969"
    assert understand(query, [mention(query, "Summer of 1969", "title")]).filters == Filters()


def test_what_became_a_filter_is_not_searched_for() -> None:
    assert understand("mellow 90s rock, not live").text == "mellow rock,"
    assert understand("90s").text == "90s"


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("mellow rock, nothing too sad", "mellow rock,"),
        ("90s pop without any rap music please", "pop please"),
        ("jazz, not too slow", "jazz,"),
    ],
)
def test_what_is_not_wanted_is_declared_and_not_searched_for(query: str, left: str) -> None:
    understood = understand(query)
    assert understood.text == left
    assert len(understood.not_applied) == 1


def test_a_refusal_within_a_name_stays_a_name() -> None:
    mention = Mention(
        start=0, end=8, text="no doubt", kind="artist", name="No Doubt", score=0.9, positions=(0,), exact=True
    )
    assert understand("no doubt songs", [mention]).text == "no doubt songs"
