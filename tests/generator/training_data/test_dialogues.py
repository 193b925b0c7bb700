import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue.generator.errors import SourceError
from segue.generator.layout import Codes
from segue.generator.modality import Modality
from segue.generator.track import Track
from segue.generator.training_data.artist_requests import artist_request_examples, read_artist_requests
from segue.generator.training_data.conversations import conversation_examples
from segue.generator.training_data.example import Example, ExampleTurn
from segue.generator.training_data.human import HumanDialogue, TrackResolver, human_examples, read_dialogues
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.playlists import playlist_examples


def track(number: int, **fields: Any) -> Track:
    return Track.model_validate(
        {"id": f"t{number}", "title": f"Title {number}", "artists": [f"Artist {number}"]} | fields
    )


TRACKS = [
    track(n, genres=["folk" if n % 2 else "techno"], tempo_class="slow" if n < 5 else "fast",
          released=str(1970 + n * 3), listened=[{"id": f"secret-{n % 3}", "position": 10 - n}])
    for n in range(10)
]  # fmt: skip
INDEX = TrackIndex(TRACKS)
CODES: dict[str, Codes] = {t.id: np.full(27, n + 1, dtype=np.uint8) for n, t in enumerate(TRACKS)}


def test_music_comes_before_the_words_about_it_and_the_target_is_new() -> None:
    for example in conversation_examples(INDEX, 300, seed=1):
        roles = [turn.role for turn in example.turns]
        assert roles[0] == roles[-1] == "user"
        assert roles == ["user", "music", "assistant"] * (len(roles) // 3) + ["user"]
        assert example.target not in {turn.track for turn in example.turns}
        assert example.response
        for music, words in zip(example.turns[1::3], example.turns[2::3], strict=True):
            number = (music.track or "")[1:]
            assert f"Title {number}" in words.text


def test_a_difference_asked_for_is_a_difference_of_the_target() -> None:
    asked = 0
    for example in conversation_examples(INDEX, 2_000, seed=2, noise=False):
        before, target = (int(name[1:]) for name in (example.turns[-3].track or "", example.target))
        text = example.turns[-1].text
        if example.modalities == (Modality.MC,) and "faster" in text and "too fast" not in text:
            asked += 1
            assert before < 5 <= target
        if example.modalities == (Modality.RI,) and "older" in text and "older than" not in text:
            asked += 1
            assert target < before
    assert asked > 30


def test_what_was_rejected_is_marked_as_not_liked() -> None:
    for example in conversation_examples(INDEX, 300, seed=3, noise=False):
        if example.turns[-1].text.startswith(("skip.", "hmm no.", "next.")):
            assert example.turns[-3].liked is False
        if example.turns[-1].text == "more like that":
            assert example.turns[-3].liked is True


def test_a_conversation_of_a_catalog_with_one_track_is_one_request() -> None:
    (example,) = conversation_examples(TrackIndex([TRACKS[0]]), 1)
    assert [turn.role for turn in example.turns] == ["user"]


def test_a_playlist_is_continued_in_its_order_at_random_places() -> None:
    targets = set()
    for example in playlist_examples(INDEX, 300, seed=4, max_history=3):
        *played, asked = example.turns
        assert 1 <= len(played) <= 3
        numbers = [int((turn.track or "")[1:]) for turn in played] + [int(example.target[1:])]
        # Positions fall as the numbers rise, and every third track is in the same playlist.
        assert numbers == list(range(numbers[0], numbers[0] - 3 * len(numbers), -3))
        assert "secret" not in asked.text
        targets.add(example.target)
    assert len(targets) == 7
    assert list(playlist_examples(TrackIndex([TRACKS[0]]), 5)) == []


def test_an_artists_requests_lead_to_that_artists_tracks(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    rows = [{"artist": "The Artist 3", "requests": ["music for a storm", "sea songs"], "kind": "group"},
            {"artist": "Unknown", "requests": ["nothing"]}, {"artist": "Artist 4"}]  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")
    examples = list(artist_request_examples(read_artist_requests(path), INDEX, noise=False))
    assert [(e.request, e.target) for e in examples] == [("music for a storm", "t3"), ("sea songs", "t3")]
    path.write_text('{"artist": "A"}\n{"requests": []}\n')
    with pytest.raises(SourceError, match="line 2"):
        read_artist_requests(path)


HUMAN = {
    "id": "abc",
    "turns": [
        {"user_query": "hi, folk please", "system_response": "sure", "liked_results": ["y1", "gone"],
         "disliked_results": ["y2"], "search_queries": ["folk"]},
        {"user_query": "more", "system_response": "ok", "liked_results": ["y3", "y1"]},
    ],
    "tracks": {
        "y1": {"track_titles": "Title 1 (Remastered 2009)", "track_artists": ["artist 1 feat. Somebody"]},
        "y3": {"track_titles": "whatever", "track_artists": []},
        "gone": {"track_titles": "Not There", "track_artists": ["Nobody"]},
    },
}  # fmt: skip


def test_each_liked_track_is_learnt_from_the_dialogue_before_it() -> None:
    tracks = [track(1), track(2, ids={"youtube": ["y2"]}), track(3, ids={"youtube": ["y3"]})]
    examples = list(human_examples([HumanDialogue.model_validate(HUMAN)], TrackResolver(tracks)))
    assert [(example.target, example.request) for example in examples] == [("t1", "hi, folk please"), ("t3", "more")]
    assert examples[0].turns == (ExampleTurn("user", "hi, folk please"),)
    assert examples[1].turns[1:4] == (
        ExampleTurn("music", track="t1", liked=True),
        ExampleTurn("music", track="t2", liked=False),
        ExampleTurn("assistant", "sure"),
    )


def test_dialogues_are_split_by_their_id_and_read_plain_or_gzipped(tmp_path: Path) -> None:
    dialogues = [HUMAN | {"id": f"dialogue-{n}"} for n in range(200)]
    text = "\n".join(json.dumps(dialogue) for dialogue in dialogues)
    (tmp_path / "d.jsonl").write_text(text)
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    for path in sorted(tmp_path.iterdir()):
        train, held = ({d.id for d in read_dialogues(path, part)} for part in ("train", "held"))
        assert not train & held
        assert len(train | held) == 200
        assert 20 <= len(held) <= 60
    (tmp_path / "d.jsonl").write_text(text + '\n{"id": 3}')
    with pytest.raises(SourceError, match="line 201"):
        list(read_dialogues(tmp_path / "d.jsonl"))


def test_an_example_becomes_a_dialogue_with_codes() -> None:
    example = Example(
        (ExampleTurn("music", track="t2", liked=False), ExampleTurn("user", "next")), "t3", "playlist", (Modality.TC,)
    )
    dialogue = example.dialogue(CODES, {"t2": "Title 2 by Artist 2"})
    assert dialogue.turns[0].codes == (3,) * 27
    assert dialogue.turns[0].text == "Title 2 by Artist 2"
    assert dialogue.turns[0].liked is False
    assert dialogue.last_request == "next" == example.request
    assert example.with_last_text("other").request == "other"
    with pytest.raises(KeyError):
        example.dialogue({})
