import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segue.memory.errors import TasteCorrupt
from segue.memory.events import Subject, TasteEvent
from segue.memory.store import SqliteTasteStore


def liked(key: str, user: str = "ana") -> TasteEvent:
    return TasteEvent(
        key=key, user=user, time=datetime(2026, 1, 1, tzinfo=UTC), kind="liked",
        subject=Subject(kind="track", value=key), attributes=(Subject(kind="artist", value="Portishead"),),
    )  # fmt: skip


async def test_what_was_stored_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    store = SqliteTasteStore(tmp_path / "taste.sqlite")
    assert await store.append([liked("a"), liked("b"), liked("a")]) == 2
    assert await store.append([liked("a")]) == 0
    await store.aclose()
    again = SqliteTasteStore(tmp_path / "taste.sqlite")
    assert (await again.taste("ana")).liked == ("a", "b")
    await again.aclose()


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no database, but long enough to be looked at as one " * 50)
    with pytest.raises(TasteCorrupt):
        SqliteTasteStore(text)
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    with pytest.raises(TasteCorrupt, match="no taste store"):
        SqliteTasteStore(tmp_path / "other")
