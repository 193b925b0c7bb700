"""Artists whose names stand in the names of others."""

from collections.abc import Iterator

import pytest

from segue.agent.hear import Hearer
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog

ARTISTS = ("Bob Marley & The Wailers", "The Wailers", "Neil Young", "Neil Young & Crazy Horse", "Earth, Wind & Fire")


@pytest.fixture(scope="module")
def hearer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearer]:
    folder = tmp_path_factory.mktemp("wailers")
    rows = (
        {"id": f"t{n}", "title": f"Song {n}", "artists": [ARTISTS[n % len(ARTISTS)]], "genres": ["reggae"]}
        for n in range(20)
    )
    update_catalog(folder, map(Track.model_validate, rows), encoder=HashingEncoder())
    with Catalog.open(folder) as catalog:
        yield Hearer(catalog)


@pytest.mark.parametrize("message", ["play Bob Marley & The Wailers", "songs by Bob Marley and the Wailers"])
def test_a_name_that_is_spelt_out_is_one_artist(hearer: Hearer, message: str) -> None:
    assert hearer.hear(message).filters.artists == ("Bob Marley & The Wailers",)


def test_both_are_heard_where_both_are_named(hearer: Hearer) -> None:
    assert set(hearer.hear("songs by Neil Young and The Wailers").filters.artists) == {"Neil Young", "The Wailers"}


@pytest.mark.parametrize(
    ("artist", "group"), [("Neil Young", "Neil Young & Crazy Horse"), ("The Wailers", "Bob Marley & The Wailers")]
)
def test_whoever_wants_no_artist_wants_none_of_their_groups(hearer: Hearer, artist: str, group: str) -> None:
    assert hearer.hear(f"some reggae, but nothing by {artist}").filters.without_artists == (artist, group)
    assert hearer.hear(f"some reggae, but nothing by {group}").filters.without_artists == (group,)
