"""What conversations leave behind to learn the order from, and the command that learns."""

import asyncio
import json
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from tests.agent.conftest import GENRES, MakeAgent, song
from typer.testing import CliRunner

from segue.agent import parts
from segue.agent.cli import build_app
from segue.agent.commands.refit import STORED, read_feedback
from segue.agent.state import KEPT_TURNS
from segue.agent.storage import open_saver, open_store
from segue.agent.stored_feedback import stored_feedback
from segue.agent.wish import Wish
from segue.generator.errors import QueryError, UserError
from segue.generator.sentences import HashingEncoder
from segue.memory.store import InMemoryTasteStore
from segue.tools.catalog.adapted import order_folder
from segue.tools.catalog.update import update_catalog
from segue.tools.ranking.feedback import LoggedTurn, feedback_turns

LIKE = {"great": Wish(act="like", text="", refs=(2,))}


async def read(folder: Path) -> list[LoggedTurn]:
    store, saver = open_store(folder), open_saver(folder)
    try:
        return await stored_feedback(saver, store)
    finally:
        saver.close()
        await store.aclose()


async def test_every_turn_of_every_thread_is_read_with_what_became_of_its_tracks(
    make: MakeAgent, tmp_path: Path
) -> None:
    async with make(LIKE) as agent:
        first = await agent.turn("some rock", user="ana", thread="t1")
        await agent.turn("great", user="ana", thread="t1")
        for number in range(KEPT_TURNS + 2):
            await agent.turn(f"more {number}", user="ana", thread="t1")
        other = await agent.turn("jazz", user="bo", thread="t2")
        await agent.feedback("bo", "t2", other.tracks[0].id, "liked")
        await agent.feedback("bo", "t2", other.tracks[1].id, "skipped")
        positions = agent.catalog.positions
    log = await read(tmp_path / "data")
    assert {turn.thread: turn.user for turn in log} == {"t1": "ana", "t2": "bo"}
    assert len([turn for turn in log if turn.thread == "t1"]) == KEPT_TURNS + 4, "older turns than a thread keeps"
    turns = {turn.thread: turn for turn in feedback_turns(log, positions)}
    # Praised by a word in the next message, and by a button.
    assert turns["t1"].state.message == "some rock"
    assert turns["t1"].liked == (positions[first.tracks[1].id],)
    assert turns["t1"].offered == tuple(positions[track.id] for track in first.tracks)
    assert turns["t2"].liked == (positions[other.tracks[0].id],)


async def test_what_was_taken_back_and_who_was_erased_teach_nothing(make: MakeAgent, tmp_path: Path) -> None:
    async with make() as agent:
        for user in ("ana", "bo"):
            shown = await agent.turn("some rock", user=user, thread=user)
            await agent.feedback(user, user, shown.tracks[0].id, "liked")
        assert [len(turn.liked) for turn in await read(tmp_path / "data")] == [1, 1]
        await agent.undo("ana")
        await agent.erase("bo")
    (left,) = await read(tmp_path / "data")
    assert (left.thread, left.liked) == ("ana", ())


async def test_any_saver_and_store_will_do(make: MakeAgent) -> None:
    saver, store = InMemorySaver(), InMemoryTasteStore()
    async with make(checkpointer=saver, store=store) as agent:
        shown = await agent.turn("some rock", user="ana", thread="t1")
        await agent.feedback("ana", "t1", shown.tracks[0].id, "liked")
        (turn,) = await stored_feedback(saver, store)
    assert turn.liked == (shown.tracks[0].id,)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Texts by hashed words have no semantic IDs for a generator to speak.
    monkeypatch.setattr(parts, "default_generator", lambda catalog: None)
    folder = tmp_path / "catalog"
    update_catalog(folder, [song(number) for number in range(32)], encoder=HashingEncoder())
    return folder


def adapt(*arguments: object) -> str:
    found = CliRunner().invoke(build_app(), ["adapt", *map(str, arguments)], catch_exceptions=False)
    assert found.exit_code == 0
    return " ".join(found.stderr.split())


def log_file(path: Path, turns: int) -> Path:
    rows = [
        {
            "thread": f"d{n}", "message": f"some {GENRES[n % 4]}",
            "shown": [f"t{at:03}" for at in range(n % 24, n % 24 + 5)], "liked": [f"t{n % 24:03}"],
        }
        for n in range(turns)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_little_feedback_is_said_and_changes_nothing(folder: Path, tmp_path: Path) -> None:
    said = adapt(folder, "--feedback", log_file(tmp_path / "log.jsonl", 12))
    assert "too little" in said
    assert "Nothing was changed" in said
    assert order_folder(folder) is None


def test_an_order_that_is_no_worse_is_kept_and_can_be_removed(folder: Path, tmp_path: Path) -> None:
    said = adapt(folder, "--feedback", log_file(tmp_path / "log.jsonl", 72))
    assert "held out, shipped order: MRR" in said
    assert "kept:" in said
    own = order_folder(folder)
    assert own is not None
    weights = (own / "ranker.json").read_text("utf-8")
    assert not any(word in weights for word in ("some rock", "t001", 'd1"'))
    assert "shipped order ranks this catalog again" in adapt(folder, "--shipped-order")
    assert order_folder(folder) is None


def test_there_must_be_a_log(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="neither a file of turns"):
        adapt(folder, "--feedback", tmp_path / "nowhere")
    with pytest.raises(UserError, match="choose one"):
        adapt(folder, "--feedback", "stored", "--shipped-order")


async def test_a_database_is_read_like_a_folder(
    make: MakeAgent, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make(database=postgres) as agent:
        shown = await agent.turn("some rock", user="ana", thread="t1")
        await agent.feedback("ana", "t1", shown.tracks[0].id, "liked")
        await agent.feedback("ana", "t1", shown.tracks[1].id, "skipped")
    monkeypatch.setenv("SEGUE_DATABASE", postgres)
    (turn,) = await asyncio.to_thread(read_feedback, STORED)
    assert (turn.user, turn.liked, turn.disliked) == ("ana", (shown.tracks[0].id,), (shown.tracks[1].id,))
