"""Rows in the dialects of common exports become the tracks that their columns describe."""

from typing import Any

import pytest

from segue.generator.errors import SourceError
from segue.generator.track import Track
from segue.tools.importing.columns import ColumnMap, parse_mapping
from segue.tools.importing.convert import RowConverter, RowError


def track(row: dict[str, Any], mapping: str = "") -> Track:
    converted = RowConverter(ColumnMap(parse_mapping(mapping))).convert(row)
    assert converted.complaints == []
    return converted.track


def test_exportify() -> None:
    found = track(
        {
            "Track URI": "spotify:track:6f807x0ima9a1j3VPbc7VN", "Track Name": "Memories", "Album Name": "Jordi",
            "Artist Name(s)": "Maroon 5;Nipsey Hussle", "Release Date": "2021-06-11", "Duration (ms)": "189486",
            "Popularity": "67", "Explicit": "false", "Added At": "2021-07-01T10:00:00Z", "Genres": "pop,dance pop",
            "Danceability": "0.77", "Energy": "1", "Key": "11", "Loudness": "-7.2", "Mode": "1", "Tempo": "91.02",
            "Time Signature": "4",
        }
    )  # fmt: skip
    assert found.id == "spotify-6f807x0ima9a1j3VPbc7VN"
    assert [artist.name for artist in found.artists] == ["Maroon 5", "Nipsey Hussle"]
    assert (found.album, found.released, found.duration, found.key) == ("Jordi", "2021-06-11", 189.486, "B major")
    assert (found.popularity, found.tempo, found.genres) == (0.67, 91.02, ("pop", "dance pop"))
    # Beside Spotify's features an energy of 1 is the greatest, not the least of five.
    assert (found.sound.energy, found.sound.danceability, found.sound.loudness) == (1.0, 0.77, -7.2)


def test_itunes() -> None:
    found = track(
        {"Track ID": "1345", "Name": "So What", "Artist": "Miles Davis", "Album": "Kind of Blue", "Genre": "Jazz",
         "Total Time": "545000", "Year": "1959", "BPM": "136", "Play Count": "12", "Composer": "Miles Davis"}
    )  # fmt: skip
    assert (found.id, found.title, found.duration, found.released) == ("1345", "So What", 545.0, "1959")
    assert (found.plays, found.tempo, found.credits[0].role) == (12, 136.0, "composer")


def test_beets() -> None:
    found = track(
        {"title": "Idioteque", "artist": "Radiohead", "albumartist": "Various Artists", "length": "5:09",
         "mb_trackid": "b1a9c0e9-d987-4042-ae91-78d6a3267d69", "path": "/music/idioteque.flac", "initial_key": "Gm"}
    )  # fmt: skip
    assert found.artist == "Radiohead"
    assert found.id == "mbid-b1a9c0e9-d987-4042-ae91-78d6a3267d69"
    assert (found.duration, found.links, found.key) == (309.0, ("/music/idioteque.flac",), "G minor")


def test_nested_features_and_playlists() -> None:
    row = {
        "id": "e1", "title": "Guwop", "artist": "Young Thug, Quavo", "sources": ["cpcd"],
        "youtube_ids": ["nQiLX1byUe0"],
        "playlists": [["p1", "Trap", "rap", "trap"], ["p1", "Trap", "rap", "southern"], ["p2", "Gym", "rap", "trap"]],
        "features": {"energy": 0.5, "key": 6.0, "mode": 0.0, "tempo": 0.0, "danceability": 0.7}, "popularity": 0,
    }  # fmt: skip
    converter = RowConverter()
    found = converter.convert(row).track
    assert [(entry.id, entry.name) for entry in found.listened] == [("p1", "Trap"), ("p2", "Gym")]
    assert (found.key, found.tempo, found.sound.energy, found.popularity) == ("F# minor", None, 0.5, 0.0)
    assert found.genres == ()  # the playlists' genres describe the playlists
    assert found.ids.youtube == ("nQiLX1byUe0",)
    assert set(converter.ignored) == {"sources"}


def test_five_steps_of_energy_and_tempo_in_words() -> None:
    found = track(
        {"id": "x", "title": "Money Machine", "artists": ["100 gecs"], "energy": 5, "tempo": "fast",
         "credits": [["Dylan Brady", "producer"]], "fact": "Made in two towns.", "vocals": None}
    )  # fmt: skip
    assert (found.sound.energy, found.tempo_class, found.tempo) == (1.0, "fast", None)
    assert (found.credits[0].name, found.credits[0].role) == ("Dylan Brady", "producer")
    assert found.facts == ("Made in two towns.",)


def test_kaggle_percentages_and_split_dates() -> None:
    found = track(
        {"track_name": "Seven", "artist(s)_name": "Latto, Jung Kook", "released_year": "2023", "released_month": "7",
         "released_day": "14", "danceability_%": "80", "key": "B", "mode": "Major"}
    )  # fmt: skip
    assert (found.artist, found.released, found.sound.danceability) == ("Latto, Jung Kook", "2023-07-14", 0.8)
    assert found.key == "B major"


def test_composers_written_backwards() -> None:
    names = [credit.name for credit in track({"title": "x", "artist": "Queen", "composer": "Mercury, Freddie"}).credits]
    assert names == ["Freddie Mercury"]


def test_a_song_may_be_called_by_what_elsewhere_means_nothing() -> None:
    assert track({"title": "?", "artist": "MF DOOM"}).title == "?"
    assert track({"title": "None", "artist": "NaN"}).artist == "NaN"


def test_map_outranks_known_names() -> None:
    row = {"title": "wrong", "Stück": "Für Elise", "Wer": "Beethoven"}
    found = track(row, "title=Stück,artist=Wer")
    assert (found.title, found.artist) == ("Für Elise", "Beethoven")
    with pytest.raises(SourceError, match="no field is called 'titel'"):
        ColumnMap({"titel": "x"})
    with pytest.raises(SourceError, match="--map wants"):
        parse_mapping("title")


def test_a_bad_cell_is_left_out_and_the_row_stays() -> None:
    converted = RowConverter().convert({"title": "x", "artist": "y", "year": "long ago", "isrc": "?!", "tempo": "90"})
    assert converted.track.tempo == 90
    assert converted.track.released is None
    assert [complaint.split(":")[0] for complaint in converted.complaints] == ["year", "isrc"]


def test_an_impossible_day_is_left_out() -> None:
    converted = RowConverter().convert({"title": "x", "artist": "y", "date": "2019-02-30", "genre": "folk"})
    assert (converted.track.released, converted.track.genres) == (None, ("folk",))
    assert "released" in converted.complaints[0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"artist": "y"}, "no title"),
        ({"title": "x", "artist": " "}, "no artist"),
        ({"title": "x" * 2000, "artist": "y"}, "title"),
    ],
)
def test_a_row_without_names_is_refused(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        RowConverter().convert(row)


def test_ids_are_derived_from_the_names_however_they_are_spelt() -> None:
    one, other = track({"title": "Halo", "artist": "Beyoncé"}), track({"artist": "BEYONCE", "title": "HALO!"})
    assert one.id == other.id
    assert track({"title": "Halo (Live)", "artist": "Beyoncé"}).id != one.id
