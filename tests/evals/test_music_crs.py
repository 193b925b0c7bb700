import json
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import Qrel, ScoredDoc, nDCG
from typer.testing import CliRunner

from segue.agent.cli import build_app
from segue.agent.turn import ShownTrack, Turn
from segue.agent.wish import Wish
from segue.evals.music_crs import (
    Answer,
    Prediction,
    distinct,
    read_answers,
    read_predictions,
    score,
    write_predictions,
)
from segue.generator.errors import SourceError


def predicted(session: str, turn: int, ids: str, text: str = "") -> Prediction:
    return Prediction(
        session_id=session,
        user_id="u",
        turn_number=turn,
        predicted_track_ids=tuple(ids.split()),
        predicted_response=text,
    )


def right(session: str, turn: int, *ids: str) -> Answer:
    return Answer(session_id=session, turn_number=turn, ground_truth_track_id=ids)


def test_by_hand() -> None:
    predictions = [
        predicted("s1", 1, "a b c", "try this one"),
        predicted("s1", 2, "b a", "try this too"),
        predicted("s2", 1, "c d", ""),
    ]
    found = score(predictions, [right("s1", 1, "b"), right("s1", 2, "b"), right("s2", 1, "x")], catalog_size=8)
    # s1 turn 1: rank 2, 1/log2(3); s1 turn 2: rank 1; s2 turn 1: not there.
    assert found.by_turn[1]["ndcg@10"] == pytest.approx(0.6309298 / 2)
    assert found.by_turn[2] == {"ndcg@1": 1, "ndcg@10": 1, "ndcg@20": 1}
    assert found.over_turns["ndcg@1"] == pytest.approx((0 + 1) / 2)
    assert found.over_turns["ndcg@10"] == pytest.approx((0.6309298 / 2 + 1) / 2)
    assert found.over_sessions["ndcg@10"] == pytest.approx(((0.6309298 + 1) / 2 + 0) / 2)
    assert (found.turns, found.sessions) == (3, 2)
    assert found.catalog_diversity == 4 / 8
    # try this one try this too: 4 distinct of 6; pairs within a text only: (try this) twice, (this one), (this too).
    assert found.distinct_1 == pytest.approx(4 / 6)
    assert found.distinct_2 == pytest.approx(3 / 4)


def test_a_rank_beyond_the_cut_counts_nothing() -> None:
    ids = " ".join(f"t{n}" for n in range(25))
    found = score([predicted("s", 1, ids)], [right("s", 1, "t15")], catalog_size=25)
    assert found.over_turns["ndcg@10"] == 0
    assert found.over_turns["ndcg@20"] == pytest.approx(1 / 4.0874628)


def test_distinct_of_nothing() -> None:
    assert distinct([], 2) == distinct(["one"], 2) == 0
    assert distinct(["a a a"], 2) == 0.5


@settings(deadline=None, max_examples=60)
@given(
    ids=st.lists(st.integers(0, 40), min_size=1, max_size=25, unique=True),
    relevant=st.lists(st.integers(0, 40), min_size=1, max_size=6, unique=True),
)
def test_ndcg_agrees_with_ir_measures(ids: list[int], relevant: list[int]) -> None:
    found = score(
        [predicted("s", 1, " ".join(f"t{one}" for one in ids))],
        [right("s", 1, *(f"t{one}" for one in relevant))],
        catalog_size=41,
    )
    run = [ScoredDoc("q", f"t{one}", float(-rank)) for rank, one in enumerate(ids)]
    oracle = ir_measures.calc_aggregate(
        [nDCG @ 1, nDCG @ 10, nDCG @ 20], [Qrel("q", f"t{one}", 1) for one in relevant], run
    )
    for k in (1, 10, 20):
        assert found.over_turns[f"ndcg@{k}"] == pytest.approx(oracle[nDCG @ k], abs=1e-6)


def test_files_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    predictions = [predicted("s1", 1, "a b", "Écoute ça"), predicted("s1", 2, "")]
    write_predictions(path, predictions)
    assert read_predictions(path) == predictions
    assert "Écoute" in path.read_text(encoding="utf-8")
    assert list(json.loads(path.read_text())[0]) == [
        "session_id", "user_id", "turn_number", "predicted_track_ids", "predicted_response",
    ]  # fmt: skip


def test_a_turn_becomes_a_prediction() -> None:
    track = ShownTrack(number=1, id="t9", title="Roads", artist="Portishead", reason="trip hop")
    wish = Wish(act="request", text="")
    turn = Turn(id="i", thread="th", user="ana", number=3, text="Here.", wish=wish, tracks=(track,))
    assert Prediction.of_turn(turn) == Prediction(
        session_id="th", user_id="ana", turn_number=3, predicted_track_ids=("t9",), predicted_response="Here."
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "is no JSON array"),
        ('[{"session_id": "s", "user_id": "u", "turn_number": 0, "predicted_track_ids": []}]', "item 0.turn_number"),
        ('[{"session_id": "s", "user_id": "u", "turn_number": 1, "predicted_track_ids": ["a", "a"]}]', "twice"),
        ('[{"session_id": "s", "user_id": "u", "turn_number": 1, "predicted_track_ids": [], "x": 1}]', "item 0.x"),
    ],
)
def test_what_is_no_file_of_predictions(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=told):
        read_predictions(path)


def test_a_turn_that_stands_twice_or_is_lacking_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_predictions(path, [predicted("s", 1, "a"), predicted("s", 1, "b")])
    with pytest.raises(SourceError, match="item 1: turn 1 of session 's' stands there twice"):
        read_predictions(path)
    with pytest.raises(SourceError, match="no prediction for turn 2 of session 's'"):
        score([predicted("s", 1, "a")], [right("s", 1, "a"), right("s", 2, "a")], catalog_size=2)
    with pytest.raises(SourceError, match="no such turn 3"):
        score([predicted("s", 1, "a"), predicted("s", 3, "a")], [right("s", 1, "a")], catalog_size=2)
    with pytest.raises(SourceError, match="nothing to score"):
        score([], [], catalog_size=2)


def test_the_command(tmp_path: Path) -> None:
    write_predictions(tmp_path / "run.json", [predicted("s", 1, "a b", "hello there")])
    answers = [{"session_id": "s", "turn_number": 1, "ground_truth_track_id": "b", "user_id": "u"}]
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    assert read_answers(tmp_path / "answers.json")[0].ground_truth_track_id == ("b",)
    command = ["bench", "music-crs", str(tmp_path / "run.json"), "--answers", str(tmp_path / "answers.json")]
    done = CliRunner().invoke(build_app(), [*command, "--tracks", "10", "--json"])
    assert done.exit_code == 0, done.output
    metrics = json.loads(done.output)["rows"][0]["metrics"]
    assert metrics["ndcg@10 (turns)"] == pytest.approx(0.6309298)
    assert metrics["catalog diversity"] == 0.2
