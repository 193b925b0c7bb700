import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from segue import Track
from segue.generator.track import Sound


def track(**fields: object) -> Track:
    return Track.model_validate({"id": "1", "title": "Hey Jude", "artists": ["The Beatles"], **fields})


def test_a_track_needs_only_id_title_and_artists() -> None:
    bare = track()
    assert bare.artist == "The Beatles"
    assert bare.year is None
    assert bare.genres == ()
    for missing in ("id", "title", "artists"):
        with pytest.raises(ValidationError):
            track(**{missing: None})


def test_versions_share_a_work_and_keep_their_label() -> None:
    live = track(title="Hey Jude - Live")
    assert live.version == "live"
    assert live.work_id == track().work_id


@pytest.mark.parametrize(("given", "year"), [("1968", 1968), (1968, 1968), ("1968-08", 1968), ("1968-08-26", 1968)])
def test_a_release_date_may_be_partial(given: object, year: int) -> None:
    assert track(released=given).year == year
    assert track(released=given).decade == 1960


@pytest.mark.parametrize("given", ["1968-13", "1968-02-30", "68", "0000", "9999", "yesterday", "1968-8-1"])
def test_a_day_that_never_was_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        track(released=given)


def test_text_is_cleaned_and_repeats_are_dropped() -> None:
    cleaned = track(title="  Hey\x00\u200b  Jude\n", genres=["Rock", "rock ", "", "pop"], album="  ")
    assert cleaned.title == "Hey Jude"
    assert cleaned.genres == ("Rock", "pop")
    assert cleaned.album is None


def test_an_unknown_field_is_refused_rather_than_lost() -> None:
    with pytest.raises(ValidationError, match="gnre"):
        track(gnre=["rock"])


def test_an_audio_embedding_names_its_model() -> None:
    with pytest.raises(ValidationError, match="embedding_model"):
        Sound(embedding=(0.1, 0.2))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 0])
def test_impossible_tempi_are_refused(value: float) -> None:
    with pytest.raises(ValidationError):
        track(tempo=value)


@given(st.text(max_size=50), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_either_becomes_a_clean_track_or_a_validation_error(title: str, artists: list[str]) -> None:
    try:
        made = track(title=title, artists=artists)
    except ValidationError:
        return
    assert made.title == " ".join(made.title.split())
    assert made.title
    assert all(artist.name for artist in made.artists)
    assert Track.model_validate(made.model_dump()) == made
