"""What the bench of memory finds in a store that is right, and in one that leaves bytes or loses events."""

from pathlib import Path

import pytest

from segue.evals.bench import memory_trials
from segue.evals.bench.memory_trials import PlainSqlite, an_event, erasing, writers_at_once
from segue.memory.events import TasteEvent


async def test_erasing_is_judged_by_the_bytes_of_the_files(tmp_path: Path) -> None:
    for name in ("ours", "plain"):
        (tmp_path / name).mkdir()
    ours = await erasing("segue", tmp_path / "ours")
    plain = await erasing("plain sqlite", tmp_path / "plain")
    assert ours["erased_words"] > 1
    assert ours["erased_words_left"] == 0
    assert plain["erased_words_left"] > 0


async def test_the_plain_store_keeps_each_event_once(tmp_path: Path) -> None:
    store = PlainSqlite(tmp_path / "plain.sqlite")
    assert await store.append([an_event(1, "ana"), an_event(1, "ana"), an_event(2, "ana")]) == 2
    assert len((await store.taste("ana")).liked) == 2
    assert await store.erase("ana") == 2
    await store.aclose()


def test_an_event_that_is_missing_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(PlainSqlite):
        async def events(self, user: str) -> tuple[TasteEvent, ...]:
            return (await super().events(user))[1:]

    monkeypatch.setattr(memory_trials, "PlainSqlite", Forgetful)
    assert writers_at_once("plain sqlite", tmp_path / "taste.sqlite", writers=1) == {"lost": 1, "doubled": 0}
