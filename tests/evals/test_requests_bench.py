"""When a request counts as met."""

from typing import Any

from segue.evals.text_queries import met_loosely
from segue.generator.track import Track
from segue.generator.training_data.artist_requests import ArtistRequests


def track(number: int, artist: str, genre: str, year: int | None, **known: Any) -> Track:
    artists = [{"name": artist, **known}]
    released = {"released": str(year)} if year else {}
    return Track.model_validate({"id": f"t{number}", "title": "x", "artists": artists, "genres": [genre], **released})


def test_loosely_met_is_the_same_genre_within_the_active_years() -> None:
    tracks = [
        track(0, "A", "Trip-Hop", 1994, active_from=1988, active_to=1999),
        track(1, "B", "trip hop", 1991),
        track(2, "C", "trip hop", 2005),
        track(3, "D", "country", 1994),
        track(4, "E", "trip hop", None),
        track(5, "A", "ambient", 2010),
    ]
    assert met_loosely(tracks, [0, 5]) == [0, 1, 5]


def test_without_any_year_only_the_artist_counts() -> None:
    tracks = [track(0, "A", "jazz", None), track(1, "B", "jazz", 1990)]
    assert met_loosely(tracks, [0]) == [0]


def test_an_artist_is_held_out_whatever_the_spelling() -> None:
    rows = [ArtistRequests(artist=name) for name in ("Sigur Rós", "SIGUR ROS")]
    assert rows[0].held_out == rows[1].held_out
    assert 0.1 < sum(ArtistRequests(artist=f"artist {n}").held_out for n in range(200)) / 200 < 0.3
