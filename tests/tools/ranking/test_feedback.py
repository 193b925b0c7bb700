"""Logs of conversations as turns to learn from: whose answer a like praises, and what it competed with."""

import json
from pathlib import Path

import pytest

from segue.generator.errors import SourceError
from segue.tools.ranking.feedback import FeedbackTurn, LoggedTurn, feedback_turns, read_log

POSITIONS = {f"t{number}": number for number in range(10)}


def said(message: str, **fields: object) -> LoggedTurn:
    return LoggedTurn.model_validate({"thread": "a", "message": message, **fields})


def learnt(*log: LoggedTurn) -> list[FeedbackTurn]:
    return list(feedback_turns(log, POSITIONS))


def test_a_liked_track_competes_with_what_was_offered_beside_it() -> None:
    (turn,) = learnt(said("some rock", shown=("t1", "t2", "t3"), liked=("t2",)))
    assert (turn.state.message, turn.offered, turn.liked) == ("some rock", (1, 2, 3), (2,))


def test_a_like_belongs_to_the_turn_that_offered_the_track() -> None:
    first, second = said("some rock", shown=("t1", "t2")), said("I love the second one", shown=("t3",), liked=("t2",))
    (turn,) = learnt(first, second)
    assert (turn.state.message, turn.liked) == ("some rock", (2,))


def test_the_last_opinion_of_a_track_counts() -> None:
    first, second = said("rock", shown=("t1", "t2"), liked=("t1",)), said("no, not that one", disliked=("t1",))
    assert learnt(first, second) == []


def test_later_turns_know_what_was_rated_before_and_learn_nothing_of_it_again() -> None:
    first = said("rock", reply="here", shown=("t1", "t2"), liked=("t1",), disliked=("t2",))
    second = said("more", shown=("t1", "t3", "t4"), liked=("t3",))
    turn = learnt(first, second)[1]
    assert (turn.state.liked, turn.state.disliked) == ((1,), (2,))
    assert turn.state.past[0].reply == "here"
    assert turn.liked == (3,)


def test_where_nothing_was_rejected_there_is_nothing_to_learn() -> None:
    assert learnt(said("rock", shown=("t1", "t2"), liked=("t1", "t2"))) == []
    assert learnt(said("rock", shown=("t1", "t2"))) == []
    # The listener's own find is no answer of ours.
    assert learnt(said("rock", shown=("t1", "t2"), liked=("t5",))) == []


def test_a_log_without_impressions_lets_all_candidates_compete() -> None:
    (turn,) = learnt(said("rock", liked=("t5", "gone")))
    assert (turn.offered, turn.liked) == ((), (5,))


def test_threads_are_kept_apart() -> None:
    other = LoggedTurn(thread="b", message="jazz", shown=("t1", "t3"), liked=("t1",))
    turns = learnt(said("rock", shown=("t1", "t2"), liked=("t1",)), other)
    assert [turn.thread for turn in turns] == ["a", "b"]
    assert turns[1].state.past == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"thread": "a"}', "line 1.*message"),
        ('{"thread": "a", "message": "rock", "likes": []}', "line 1.*likes"),
        ('{"thread": "", "message": "rock"}', "line 1.*thread"),
        (json.dumps({"format": "segue-taste", "version": 1}), "exported taste"),
        ("[]", "line 1"),
    ],
)
def test_what_is_no_log_is_named(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match=told):
        read_log(path)
