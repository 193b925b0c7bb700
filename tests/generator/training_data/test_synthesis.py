import json
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage

from segue.generator.errors import SourceError, SynthesisError
from segue.generator.track import Track
from segue.generator.training_data.example import ExampleTurn
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.synthesis import (
    SynthesisSettings,
    SynthesisTask,
    messages_for,
    plan,
    read_journal,
    synthesize,
)
from segue.generator.training_data.synthetic import InvalidConversation, conversation_from

TRACKS = [
    Track.model_validate(
        {"id": f"track-{n}", "title": f"Title {n}", "artists": ["Somebody"], "genres": ["folk"],
         "sound": {"timbre": [1.0]}, "ids": {"youtube": ["yt"]},
         "listened": [{"id": f"secret-{n // 6}", "name": "hidden name"}]}
    )
    for n in range(12)
]  # fmt: skip
INDEX = TrackIndex(TRACKS)
TASKS = list(plan(INDEX, 4, seed=1, settings=SynthesisSettings(tracks=4, negatives=2)))


def written(task: SynthesisTask, *, assistant_first: bool = False) -> str:
    turns = []
    for track in (task.tracks[0], task.negatives[0], task.tracks[1]):
        pair = [{"role": "music", "content": track.id}, {"role": "assistant", "content": f"Here is {track.title}."}]
        turns += [{"role": "user", "content": "some folk please"}, *(pair[::-1] if assistant_first else pair)]
    return json.dumps(turns)


def test_a_plan_has_near_negatives_and_both_kinds_of_opening() -> None:
    tasks = list(plan(INDEX, 30, seed=2))
    assert tasks == list(plan(INDEX, 30, seed=2))
    assert {task.opening for task in tasks} == {"specific", "free"}
    for task in tasks:
        inside = {heard.id for track in task.tracks for heard in track.listened}
        assert len(inside) == 1
        assert task.negatives
        assert not inside & {heard.id for track in task.negatives for heard in track.listened}
    assert list(plan(TrackIndex(TRACKS[:2]), 3)) == []


def test_the_model_is_told_what_can_be_spoken_of_and_no_playlist() -> None:
    (_, instructions), (_, data) = messages_for(TASKS[0])
    assert "NEGATIVE SET" in instructions
    assert "{opening}" not in instructions
    assert TASKS[0].tracks[0].id in data
    assert "folk" in data
    for hidden in ("secret", "hidden name", "yt", "timbre"):
        assert hidden not in data


def test_conversations_become_examples_and_a_second_run_asks_nothing(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    answers = [written(TASKS[0]), f"```json\n{written(TASKS[1], assistant_first=True)}\n```"]
    model = FakeListChatModel(responses=answers)
    examples = list(synthesize(model, iter(TASKS[:2]), journal))
    assert [example.target for example in examples] == [
        track.id for task in TASKS[:2] for track in (task.tracks[0], task.tracks[1])
    ]
    last = examples[-1]
    assert [turn.role for turn in last.turns] == ["user", "music", "assistant"] * 2 + ["user"]
    assert last.turns[4] == ExampleTurn("music", track=TASKS[1].negatives[0].id, liked=False)
    assert last.response == f"Here is {TASKS[1].tracks[1].title}."
    silent = GenericFakeChatModel(messages=iter(()))
    assert list(synthesize(silent, iter(TASKS[:2]), journal)) == examples


def test_a_run_that_broke_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    broken = GenericFakeChatModel(messages=iter([AIMessage(written(TASKS[0]))]))
    with pytest.raises(Exception, match="StopIteration"):
        list(synthesize(broken, iter(TASKS[:2]), journal))
    with journal.open("a") as file:
        file.write('{"task": "1-1", "tur')
    rest = GenericFakeChatModel(messages=iter([AIMessage(written(TASKS[1]))]))
    assert len(list(synthesize(rest, iter(TASKS[:2]), journal))) == 4
    assert set(read_journal(journal)) == {TASKS[0].id, TASKS[1].id}
    journal.write_text('{"no": "entry"}\n')
    with pytest.raises(SourceError, match="line 1"):
        read_journal(journal)


def test_a_refused_answer_is_asked_for_again_with_the_reason(tmp_path: Path) -> None:
    asked: list[Any] = []

    class Listening(FakeListChatModel):
        def invoke(self, input: Any, *args: Any, **kwargs: Any) -> AIMessage:
            asked.append(input)
            return super().invoke(input, *args, **kwargs)

    model = Listening(responses=["I cannot do that", written(TASKS[0])])
    assert len(list(synthesize(model, iter(TASKS[:1]), tmp_path / "j"))) == 2
    assert "not JSON" in asked[1][-1].content


def test_a_model_that_never_writes_a_conversation_is_given_up(tmp_path: Path) -> None:
    model = GenericFakeChatModel(messages=chain(map(AIMessage, repeat("no"))))
    settings = SynthesisSettings(attempts=2, patience=3)
    with pytest.raises(SynthesisError, match="3 conversations in a row"):
        list(synthesize(model, iter(TASKS), tmp_path / "j", settings=settings))
    assert all(entry.error for entry in read_journal(tmp_path / "j").values())


def turns(*pairs: tuple[str, str]) -> str:
    return json.dumps([{"role": role, "content": content} for role, content in pairs])


GOOD = (("user", "folk"), ("music", "track-1"), ("assistant", "Here."))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("[]", "each exchange needs"),
        ('{"role": "user"}', "element"),
        (turns(*GOOD, ("user", "bye")), "each exchange needs"),
        (turns(("assistant", "Hi"), *GOOD[:2]), "exchange 1 is not"),
        (turns(("user", "folk"), ("music", "track-99"), ("assistant", "Here.")), "'track-99' is not the id"),
        (turns(*GOOD, *GOOD), "twice"),
        (turns(("user", "folk"), ("music", "bad-1"), ("assistant", "Here.")), "only 0 of 2"),
        (turns(*GOOD, ("user", "more"), ("music", "bad-1"), ("assistant", "Here.")), "must say what is wanted"),
        (turns(("user", "play track-1"), *GOOD[1:]), "contains a track id"),
        (turns(*GOOD[:2], ("assistant", "It is from the playlist you like")), "where the tracks come from"),
        (turns(*GOOD[:2], ("assistant", "Often heard together with the last one")), "where the tracks come from"),
        (turns(*GOOD[:2], ("assistant", "")), "element 2.content"),
        (turns(*GOOD[:2], ("system", "x")), "element 2.role"),
    ],
)
def test_what_is_no_usable_conversation_is_refused(answer: str, reason: str) -> None:
    with pytest.raises(InvalidConversation, match=reason):
        conversation_from(answer, ["track-1", "track-2"], ["bad-1"])


def test_wanting_a_playlist_is_no_offence() -> None:
    answer = turns(("user", "folk for my party playlist"), *GOOD[1:])
    assert len(conversation_from(answer, ["track-1", "track-2"], [])) == 3
