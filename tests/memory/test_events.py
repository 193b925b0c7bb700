from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from segue.generator.track import Artist, Track
from segue.memory.contract import START, event
from segue.memory.events import Subject, attributes_of, context_key, era_key


@pytest.mark.parametrize(
    "spellings",
    [
        ["The Beatles", "beatles", "BEATLES"],
        ["Sigur Rós", "sigur ros"],
    ],
)
def test_spellings_of_one_artist_are_one_subject(spellings: list[str]) -> None:
    assert len({Subject(kind="artist", value=value).key for value in spellings}) == 1


@pytest.mark.parametrize(
    ("era", "key"),
    [
        ("80s", "1980s"), ("the 80s", "1980s"), ("1980's", "1980s"), ("Eighties", "1980s"), ("the sixties", "1960s"),
        ("late 80s", "late 1980s"), ("00s", "2000s"), ("2010s", "2010s"), ("20s", "2020s"), ("1920s", "1920s"),
        ("90er", "90er"), ("1994", "1994"),
    ],
)  # fmt: skip
def test_eras_are_read_however_they_are_written(era: str, key: str) -> None:
    assert era_key(era) == key


def test_contexts_and_voices_are_read_without_their_little_words() -> None:
    assert {context_key(text) for text in ("gym", "at the gym", "in the Gym", "when I'm at the gym")} == {"gym"}
    assert context_key("the") == "the"
    assert context_key("with the kids") == context_key("kids")
    assert {Subject(kind="vocals", value=value).key for value in ("female", "Female vocals", "female singers")} == {
        "vocals:female"
    }


def test_ids_are_compared_as_they_are() -> None:
    assert Subject(kind="track", value="The A").key != Subject(kind="track", value="the a").key


def track_of(**fields: Any) -> Track:
    return Track.model_validate({"id": "t1"} | fields)


def test_a_track_is_everything_that_is_known_of_it() -> None:
    track = track_of(
        title="Roads (Live)", artists=("Portishead", Artist(name="Beth Gibbons", origin="England")),
        genres=("trip hop", "Trip-Hop"), moods=("sad",), released="1994-08", vocals="female", language="English",
        tempo_class="slow", album="Dummy", tags=("vinyl",),
    )  # fmt: skip
    assert [subject.key for subject in attributes_of(track)] == [
        "artist:portishead", "artist:beth gibbons", f"work:{track.work_id}", "genre:trip hop", "mood:sad",
        "sound:vinyl", "era:1990s", "era:mid 1990s", "era:1994", "vocals:female", "language:english", "tempo:slow",
        "version:live", "country:england", "album:dummy",
    ]  # fmt: skip
    assert event("a", attributes=attributes_of(track)).attributes == attributes_of(track)


def test_genres_and_moods_are_the_artists_where_the_track_names_none() -> None:
    artist = Artist(name="Burial", genres=("dubstep",), moods=("nocturnal",))
    keys = [subject.key for subject in attributes_of(track_of(title="Archangel", artists=(artist,)))]
    assert "genre:dubstep" in keys
    assert "mood:nocturnal" in keys
    keys = [subject.key for subject in attributes_of(track_of(title="A", artists=(artist,), genres=("2-step",)))]
    assert "genre:dubstep" not in keys


def test_times_are_kept_in_utc() -> None:
    local = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    moved = event("a").model_copy(update={"time": local})
    assert type(moved).model_validate(moved.model_dump()).time == datetime(2026, 1, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"time": datetime(2026, 1, 1)},
        {"user": ""}, {"user": "u" * 201}, {"user": "\ud800"}, {"key": ""}, {"leaning": 1.1}, {"leaning": float("nan")},
        {"kind": "adored"}, {"context": " \n "}, {"subject": {"kind": "genre", "value": " \u200b "}},
        {"subject": {"kind": "genre", "value": "x" * 1_001}}, {"subject": {"kind": "colour", "value": "x"}},
        {"more": 1},
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(wrong: dict[str, Any]) -> None:
    fields = event("a").model_dump() | wrong
    with pytest.raises(ValidationError):
        type(event("a")).model_validate(fields)


def test_long_words_of_listeners_are_cut_not_refused() -> None:
    said = event("a", message="play\n" * 10_000, name="\x1b[31m" + "n" * 500)
    assert len(said.message) <= 1_000
    assert "\n" not in said.message
    assert said.name == "[31m" + "n" * 196
    assert said.time == START
