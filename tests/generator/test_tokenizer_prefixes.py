"""Prefixes shown are shared by tracks of different artists, the most frequent first."""

import numpy as np

from segue.generator.encoders.spread import spread_tracks
from segue.generator.tokenizer_prefixes import shared_prefixes
from segue.generator.track import Track


def test_only_prefixes_of_several_artists_are_shown() -> None:
    names = ["Abba", "Roxette", "Ace of Base", "Miles Davis", "Miles Davis", "Nobody"]
    tracks = [
        Track.model_validate({"id": str(n), "title": f"Song {n}", "artists": [name]}) for n, name in enumerate(names)
    ]
    codes = np.zeros((6, 27), dtype=np.uint8)
    codes[:, 0] = [5, 5, 5, 9, 9, 0]
    codes[:3, 6] = 2
    found = shared_prefixes(tracks, codes, titles=2)
    assert found == {
        "<AC1-5>": ["Abba, Song 0", "Roxette, Song 1"],
        "<ST1-2>": ["Abba, Song 0", "Roxette, Song 1"],
        "<AC1-5> <ST1-2>": ["Abba, Song 0", "Roxette, Song 1"],
    }


def test_spread_tracks_cover_tempo_key_and_date() -> None:
    tracks = spread_tracks(400, seed=1)
    assert tracks == spread_tracks(400, seed=1)
    tempos = [track.tempo for track in tracks if track.tempo]
    assert min(tempos) < 75
    assert max(tempos) > 180
    assert len({track.key for track in tracks}) == 25
    assert len({track.decade for track in tracks}) >= 7
    assert {len(track.released or "") for track in tracks} == {4, 10}
