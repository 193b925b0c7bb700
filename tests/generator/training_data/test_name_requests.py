"""Requests that are a name: every track has its turn, and the name is the track's."""

from collections import Counter

from segue.generator.modality import Modality
from segue.generator.track import Track
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.name_requests import name_examples

TRACKS = [
    Track.model_validate({"id": f"t{n}", "title": f"Song {n} (Live)", "artists": [f"Band {n % 3}"]}) for n in range(7)
]


def test_every_track_comes_once_before_any_comes_twice() -> None:
    examples = list(name_examples(TrackIndex(TRACKS), 14, seed=1))
    assert Counter(e.target for e in examples[:7]) == Counter(t.id for t in TRACKS)
    assert Counter(e.target for e in examples) == Counter({t.id: 2 for t in TRACKS})


def test_what_is_said_is_the_tracks_own_name() -> None:
    by_id = {track.id: track for track in TRACKS}
    kinds = set()
    for example in name_examples(TrackIndex(TRACKS), 60, seed=2, noise=False):
        track = by_id[example.target]
        said = {Modality.AC: track.artist, Modality.BM: track.title.removesuffix(" (Live)")}
        assert all(said[modality] in example.request for modality in example.modalities)
        kinds.add(example.modalities)
    assert kinds == {(Modality.AC,), (Modality.BM,), (Modality.AC, Modality.BM)}
    again = [e.request for e in name_examples(TrackIndex(TRACKS), 60, seed=2, noise=False)]
    assert again == [e.request for e in name_examples(TrackIndex(TRACKS), 60, seed=2, noise=False)]
