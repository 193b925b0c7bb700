import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segue.agent.wish import Wish
from segue.evals.suites.agent import SuiteAgent
from segue.evals.suites.errors import SuiteError
from segue.evals.suites.fake import ScriptedAgent, shown
from segue.evals.suites.loader import load_file
from segue.evals.suites.records import DialogueResult, TurnRecord, read_records, write_records
from segue.evals.suites.runner import Runner
from segue.evals.suites.truth import verify
from segue.generator.track import Track
from segue.tools.search.filters import Filters

Write = Callable[..., Path]
Tracks = dict[str, Track]


def run(path: Path, agent: ScriptedAgent, tracks: Tracks) -> list[DialogueResult]:
    async def all_of_them() -> list[DialogueResult]:
        dialogues = load_file(path)
        verify(dialogues, tracks)
        runner = Runner(lambda folder: agent, tracks, path.parent)
        results = [await runner.run(dialogue) for dialogue in dialogues]
        await runner.aclose()
        return results

    return asyncio.run(all_of_them())


def test_a_dialogue_from_start_to_end(write: Write, tracks: Tracks) -> None:
    path = write("""
        suite: s
        expect: {degraded: false}
        personas: {ana: {said: [I love Sade]}}
        dialogues:
          - name: d
            persona: ana
            turns:
              - {say: some trip hop, expect: {only: {genres: trip hop}, rank: {tracks: Teardrop - Massive Attack}}}
              - {feedback: {number: 2, kind: disliked}}
              - {say: more, expect: {repeats_nothing: true}}
              - {say: hello, thread: later, user: ben, restart: true, expect: {tracks: 0}}
          - name: e
            turns: [{say: hello, expect: {tracks: 0}}]
    """)
    heard = Wish(act="request", text="", filters=Filters(genres=("trip hop",), year_to=1995))
    agent = ScriptedAgent(
        {
            "I love Sade": {},
            "some trip hop": {"tracks": shown(tracks["t1"], tracks["t2"]), "wish": heard},
            "more": {"tracks": shown(tracks["t2"])},
            "hello": {"text": "Hello."},
        }
    )
    first, second = run(path, agent, tracks)
    assert [record.passed for record in first.records] == [True, True, False, True]
    assert not first.passed
    assert [check.name for check in first.records[2].failures] == ["repeats nothing"]
    assert "Teardrop" in first.records[2].failures[0].detail
    metrics = first.records[0].metrics
    assert (metrics["rr"], metrics["hit@1"], metrics["hit@10"], metrics["constraints"]) == (0.5, 0, 1, 0.75)
    assert metrics["ndcg@10"] == pytest.approx(0.6309298)
    assert "rr" not in first.records[2].metrics
    assert agent.given == [("t2", "disliked")]
    # The persona spoke first, to the same memory and in another thread; other listeners and dialogues have their own.
    (_, before_user, before_thread), (_, user, thread), (_, _, same_thread), (_, other, later), (_, last, _) = (
        agent.told
    )
    assert (before_user, same_thread) == (user, thread)
    assert len({user, other, last}) == 3
    assert len({before_thread, thread, later}) == 3
    assert agent.closed == 2
    assert second.passed


def test_an_agent_that_raises_fails_its_turn_and_the_dialogue_goes_on(write: Write, tracks: Tracks) -> None:
    path = write("""
        suite: s
        personas: {ana: {said: [boom]}}
        dialogues:
          - name: d
            persona: ana
            turns:
              - {say: hello, expect: {tracks: 0}}
              - {say: boom, expect: {tracks: 0}}
              - {feedback: {number: 1, kind: liked}}
              - {say: hello, expect: {tracks: 0}}
    """)
    agent = ScriptedAgent({"hello": {}, "boom": RuntimeError("no memory left")})
    (result,) = run(path, agent, tracks)
    assert [[check.name for check in record.failures] for record in result.records] == [
        ["persona"], ["answers"], ["feedback"], [],
    ]  # fmt: skip
    assert result.records[1].error is not None
    assert "no memory left" in result.records[1].error
    assert (result.records[1].answer, result.records[1].act) == (None, "error")


def test_what_the_catalog_cannot_hold_is_refused_before_anything_runs(write: Write, tracks: Tracks) -> None:
    path = write("""
        suite: s
        dialogues:
          - name: d
            turns:
              - say: hi
                expect:
                  excludes: {artists: [Nirvana, Nirvanna]}
                  rank: {tracks: Nevermind - Nirvana}
    """)
    agent = ScriptedAgent({})
    with pytest.raises(SuiteError) as caught:
        run(path, agent, tracks)
    assert [(problem.line, "Nirvanna" in problem.text) for problem in caught.value.problems] == [(7, True), (8, False)]
    assert agent.told == []


def test_records_come_back_as_they_were(write: Write, tracks: Tracks, tmp_path: Path) -> None:
    path = write("suite: s\ndialogues: [{name: d, turns: [{say: hi, expect: {tracks: 1}}]}]")
    (result,) = run(path, ScriptedAgent({"hi": {"tracks": shown(tracks["t1"])}}), tracks)
    file = tmp_path / "run.jsonl"
    write_records(file, result.records)
    assert read_records(file) == list(result.records)
    file.write_text(file.read_text() + '{"suite": 1}\n')
    with pytest.raises(SuiteError, match=r"run.jsonl:2: no record of a turn"):
        read_records(file)
    file.write_text("\n")
    with pytest.raises(SuiteError, match="holds no records"):
        read_records(file)


def test_a_restart_opens_over_the_same_folder(write: Write, tracks: Tracks) -> None:
    path = write("suite: s\ndialogues: [{name: d, turns: [{say: hi, restart: true, expect: {tracks: 0}}]}]")
    opened: list[Path] = []

    def opener(folder: Path) -> SuiteAgent:
        opened.append(folder)
        return ScriptedAgent({"hi": {}})

    async def go() -> TurnRecord:
        runner = Runner(opener, tracks, path.parent)
        return (await runner.run(load_file(path)[0])).records[0]

    assert asyncio.run(go()).passed
    assert opened == [path.parent, path.parent]


def test_told_hears_of_each_turn_at_once(write: Write, tracks: Tracks) -> None:
    path = write("suite: s\ndialogues: [{name: d, turns: [{say: hi, expect: {tracks: 0}}, {say: ho}]}]")
    heard: list[Any] = []

    async def go() -> None:
        runner = Runner(lambda folder: ScriptedAgent({"hi": {}, "ho": {}}), tracks, path.parent)
        await runner.run(load_file(path)[0], heard.append)

    asyncio.run(go())
    assert [record.message for record in heard] == ["hi", "ho"]
