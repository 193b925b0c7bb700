"""What the encyclopedia fills in, and what it leaves alone."""

import json
from pathlib import Path

from segue.generator.track import Artist, Track
from segue.tools.importing.encyclopedia import Encyclopedia
from segue.tools.importing.library import ImportOptions, read_tracks

KNOWN = Artist(
    name="Sigur Rós", kind="group", origin="Iceland", active_from=1994, active_to=2030, genres=("post-rock",), about="x"
)


def _filled(artist: Artist) -> Artist:
    track = Track(id="1", title="Song", artists=(artist,), work_id="w")
    return next(iter(Encyclopedia([KNOWN]).fill([track]))).artists[0]


class TestFill:
    def test_a_bare_name_gets_everything_but_the_spelling(self) -> None:
        assert _filled(Artist(name="SIGUR ROS")) == KNOWN.model_copy(update={"name": "SIGUR ROS"})

    def test_what_the_catalog_says_stands(self) -> None:
        artist = _filled(Artist(name="Sigur Rós", genres=("ambient",), origin="Reykjavík"))
        assert (artist.genres, artist.origin, artist.kind) == (("ambient",), "Reykjavík", "group")

    def test_active_years_of_two_sources_are_never_mixed(self) -> None:
        artist = _filled(Artist(name="Sigur Rós", active_from=1997))
        assert (artist.active_from, artist.active_to) == (1997, None)

    def test_an_unknown_artist_stays_as_it_is(self) -> None:
        assert _filled(Artist(name="Nobody")) == Artist(name="Nobody")

    def test_counts_the_tracks_it_changed(self) -> None:
        encyclopedia = Encyclopedia([KNOWN])
        tracks = [Track(id=n, title=n, artists=(Artist(name=n),), work_id=n) for n in ("Sigur Ros", "Nobody")]
        assert len(list(encyclopedia.fill(tracks))) == 2
        assert encyclopedia.filled == 1


def test_an_import_fills_in_unless_told_not_to(tmp_path: Path) -> None:
    source = tmp_path / "tracks.jsonl"
    source.write_text(json.dumps({"id": "1", "title": "Thunderstruck", "artist": "AC/DC"}) + "\n", encoding="utf-8")
    filled, _ = read_tracks(source)
    bare, _ = read_tracks(source, ImportOptions(artist_facts=False))
    assert "hard rock" in filled[0].artists[0].genres
    assert bare[0].artists == (Artist(name="AC/DC"),)


def test_the_shipped_one_knows_no_artist_twice() -> None:
    assert len(Encyclopedia.shipped()) == 4270
