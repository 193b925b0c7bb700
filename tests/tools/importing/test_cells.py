"""Cells mean what people and programs mean by them, and nothing is guessed."""

import pytest

from segue.tools.importing import cells
from segue.tools.importing.cells import CellError


@pytest.mark.parametrize(
    ("cell", "minor", "key"),
    [
        (6.0, 0, "F# major"),
        ("9", 1, "A minor"),
        (-1, 0, None),
        ("F#m", None, "F# minor"),
        ("Bb major", None, "A# major"),
        ("C♯ min", None, "C# minor"),
        ("Cb", None, "B major"),
        ("B", 1, "B minor"),
        ("8A", None, "A minor"),
        ("8B", None, "C major"),
        ("5B", None, "D# major"),
        ("12A", None, "C# minor"),
    ],
)
def test_keys(cell: object, minor: int | None, key: str | None) -> None:
    assert cells.key(cell, minor) == key


@pytest.mark.parametrize(("cell", "minor"), [(5, None), (12, 0), (0.5, 0), ("X minor", None), ("13A", None)])
def test_a_key_that_is_none_is_refused(cell: object, minor: int | None) -> None:
    with pytest.raises(CellError):
        cells.key(cell, minor)


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        (1999, "1999"),
        (1999.0, "1999"),
        ("2019-00-00", "2019"),
        ("2019-6", "2019-06"),
        ("14 Jun 2019", "2019-06-14"),
        ("June 14, 2019", "2019-06-14"),
        ("2019-06-14T00:00:00Z", "2019-06-14"),
        ("20190614", "2019-06-14"),
        (0, None),
    ],
)
def test_dates(cell: object, date: str | None) -> None:
    assert cells.released(cell) == date


@pytest.mark.parametrize("cell", ["03/04/1999", "spring", "99", True])
def test_a_date_that_is_anyones_guess_is_refused(cell: object) -> None:
    with pytest.raises(CellError):
        cells.released(cell)


@pytest.mark.parametrize(
    ("cell", "seconds"), [("3:45", 225), ("1:02:03", 3723), (201.5, 201.5), ("215000", 215), (0, None)]
)
def test_durations(cell: object, seconds: float | None) -> None:
    assert cells.seconds(cell) == seconds


@pytest.mark.parametrize(
    ("cell", "entries"),
    [
        ("rock; pop", ["rock", "pop"]),
        ("rock, pop", ["rock", "pop"]),
        ("r&b\\\\soul", ["r&b", "soul"]),
        ("['rock', 'pop']", ["rock", "pop"]),
        ('["rock", "pop"]', ["rock", "pop"]),
        ([{"name": "rock"}, None, "pop"], ["rock", "pop"]),
        ("rock; n/a", ["rock"]),
    ],
)
def test_lists(cell: object, entries: list[str]) -> None:
    assert cells.items(cell, commas=True) == entries


def test_tempo_zero_means_not_known() -> None:
    assert cells.tempo(0) is None
    assert cells.tempo("128 BPM") == 128


def test_popularity_is_a_share() -> None:
    assert cells.popularity(66) == pytest.approx(0.66)
    assert cells.popularity("1") == pytest.approx(0.01)
    assert cells.popularity(0.5) == 0.5


def test_identifiers_are_normalised() -> None:
    spotify = "6f807x0ima9a1j3VPbc7VN"
    assert cells.spotify(f"spotify:track:{spotify}") == spotify
    assert cells.spotify(f"https://open.spotify.com/track/{spotify}?si=1") == spotify
    assert cells.spotify("spotify:local:x:y:z:1") is None
    assert cells.isrc("gb-aye-06-01498") == "GBAYE0601498"
    uuid = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
    assert cells.musicbrainz(f"https://musicbrainz.org/recording/{uuid.upper()}") == uuid
    assert cells.youtube("https://www.youtube.com/watch?v=4z-bOdAdias&t=1") == "4z-bOdAdias"
    for read, bad in ((cells.spotify, "x"), (cells.isrc, "GB1"), (cells.musicbrainz, "1"), (cells.youtube, "?")):
        with pytest.raises(CellError):
            read(bad)
