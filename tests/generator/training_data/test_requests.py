from random import Random
from typing import Any

import pytest

from segue.generator.modality import Modality
from segue.generator.names import fold
from segue.generator.track import Artist, Listened, Sound, Track
from segue.generator.training_data.contrast import differences, exclusion
from segue.generator.training_data.facets import facets
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.noise import NEIGHBOURS, slip, typed
from segue.generator.training_data.requests import request_examples


def track(**fields: Any) -> Track:
    return Track.model_validate(fields)


SLOW = track(
    id="slow", title="Night Rain", artists=(Artist(name="Ana Lima", origin="Brazil", kind="person", gender="female"),),
    genres=("bossa nova",), moods=("tender",), themes=("rain",), vocals="female", language="Portuguese",
    instruments=("piano",), tempo_class="slow", sound=Sound(energy=0.1), released="1964-05", key="A minor",
    facts=("Recorded in one night in Rio.",), listened=(Listened(id="secret-1", name="rainy balcony"),),
)  # fmt: skip
FAST = track(
    id="fast", title="Loud Day", artists=(Artist(name="The Kites"),), genres=("bossa nova", "punk"), moods=("angry",),
    vocals="male", language="English", tempo=180.0, sound=Sound(energy=0.95), released="1999", album="Kites One",
    listened=(Listened(id="secret-1", name="rainy balcony"),),
)  # fmt: skip
BARE = track(id="bare", title="Song", artists=(Artist(name="Somebody"),))
INDEX = TrackIndex([SLOW, FAST, BARE])


def texts(count: int = 3_000, seed: int = 1, **settings: bool) -> dict[str, set[str]]:
    said: dict[str, set[str]] = {"slow": set(), "fast": set(), "bare": set()}
    for example in request_examples(INDEX, count, seed=seed, noise=False, **settings):
        said[example.target].add(example.request)
    return said


def test_every_known_field_is_asked_for_and_no_false_one() -> None:
    said = {name: " | ".join(fold(text) for text in all_of) for name, all_of in texts().items()}
    for word in ("bossa nova", "tender", "rain", "piano", "portuguese", "brazil", "1964", "60s", "a minor",
                 "night rain", "ana lima", "one night in rio", "may 1964", "slow"):  # fmt: skip
        assert word in said["slow"], word
    for word in ("180 bpm", "kites one", "90s", "punk"):
        assert word in said["fast"], word
    for wrong in ("fast paced", "male singer"):
        assert wrong not in said["slow"].replace("female singer", ""), wrong


def test_a_track_of_which_only_the_names_are_known_is_asked_for_by_them() -> None:
    for text in texts()["bare"]:
        assert "song" in fold(text) or "somebody" in fold(text), text


def test_modalities_are_those_that_the_request_speaks_of() -> None:
    for example in request_examples(INDEX, 500, seed=2, noise=False):
        assert example.modalities
        if example.target == "bare":
            assert set(example.modalities) <= {Modality.AC, Modality.BM}
        if "bpm" in example.request.lower():
            assert Modality.MC in example.modalities


def test_the_same_seed_says_the_same_again() -> None:
    one, same, other = ([e.request for e in request_examples(INDEX, 50, seed=seed)] for seed in (5, 5, 6))
    assert one == same != other


def test_requests_are_varied() -> None:
    drawn = [example.request for example in request_examples(INDEX, 1_000, seed=3)]
    assert len(set(drawn)) > 800
    lengths = sorted(len(text.split()) for text in drawn)
    assert lengths[50] <= 3
    assert lengths[-50] >= 12


def test_a_shared_playlist_is_used_for_comparisons_and_never_spoken_of() -> None:
    said = texts(playlist_names=False)
    assert any("Loud Day" in text for text in said["slow"]), "neighbours are compared with"
    for text in (text for group in said.values() for text in group):
        assert "secret" not in text
        assert "balcony" not in text
        assert "playlist" not in text.replace("make me a playlist of", "").replace("make a playlist with", "")
    assert any("rainy balcony" in text for text in texts()["slow"])


def test_differences_are_those_of_the_track_from_the_other() -> None:
    asked = dict(differences(SLOW, FAST))
    assert asked["slower"] == Modality.MC
    assert asked["with a woman singing"] == Modality.ST
    assert asked["older"] == Modality.RI
    assert asked["softer"] == Modality.SC
    assert asked["in Portuguese"] == Modality.ST
    assert asked["less angry"] == Modality.ST
    assert not {"faster", "newer", "louder", "with a male singer"} & asked.keys()
    assert "faster" in dict(differences(FAST, SLOW))
    assert list(differences(SLOW, SLOW)) == []


def test_an_exclusion_never_excludes_the_track_itself() -> None:
    random = Random(0)
    said = {text for _ in range(400) if (ruled_out := exclusion(INDEX, 0, random)) for text in [ruled_out[0]]}
    everything = " | ".join(said)
    for word in ("live versions", "fast", "too angry", "The Kites", "punk", "instrumentals", "in English", "1960"):
        assert word in everything, word
    for word in ("slow", "bossa", "tender", "Ana Lima", "too quiet"):
        assert word not in everything, word
    assert all("older than 1960" in text for text in said if "older" in text)


def test_an_empty_catalog_answers_nothing() -> None:
    with pytest.raises(ValueError, match="without tracks"):
        next(request_examples(TrackIndex([]), 1))


def test_playlists_kept_aside_are_not_learnt_from() -> None:
    index = TrackIndex([SLOW, FAST], without={"secret-1"})
    assert index.playlists == {}


def test_slips_hit_neighbouring_keys_and_spare_short_and_foreign_words() -> None:
    random = Random(1)
    assert set("qazxds") <= set("qwertyuiopasdfghjklzxcvbnm")
    assert set(NEIGHBOURS["g"]) == set("fhtyvb")
    assert {slip("sad", random) for _ in range(20)} == {"sad"}
    assert {slip("椎名林檎さん", random) for _ in range(20)} == {"椎名林檎さん"}
    slips = {slip("melancholy", random) for _ in range(200)}
    assert all(abs(len(word) - 10) <= 1 for word in slips)
    assert all(word[0] == "m" and word[-1] in "yl" for word in slips)


def test_careless_typing_loses_capitals_and_apostrophes_and_no_words() -> None:
    random = Random(2)
    forms = {typed("Don't Stop Believin'", random, slips=0.0) for _ in range(100)}
    assert forms == {"Don't Stop Believin'", "don't stop believin'", "dont stop believin"}


def test_what_is_not_known_is_no_facet() -> None:
    kinds = {facet.kind for facet in facets(BARE, Random(0))}
    assert kinds == {"title", "artist"}
