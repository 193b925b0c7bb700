import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from segue.memory.contract import TasteStoreContract, event
from segue.memory.errors import TasteCorrupt, TasteStoreBusy
from segue.memory.events import Subject
from segue.memory.store import SqliteTasteStore, TasteStore

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from segue.memory.events import Subject, TasteEvent
from segue.memory.store import SqliteTasteStore

def event(key):
    subject = Subject(kind="track", value=key)
    return TasteEvent(key=key, user="ana", time=datetime.now(UTC), kind="liked", subject=subject)

async def write(path, name):
    store = SqliteTasteStore(path)
    async def task(number):
        return sum([await store.append([event(f"{name}-{number}-{i}"), event(f"same-{i}")]) for i in range(5)])
    stored = sum(await asyncio.gather(*(task(number) for number in range(10))))
    assert len(await store.undo("ana", key=f"undo by {name}")) >= 1
    await store.aclose()
    print(stored)

asyncio.run(write(*sys.argv[1:]))
"""


class TestSqliteTasteStore(TasteStoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[TasteStore]:
        store = SqliteTasteStore(tmp_path / "taste.sqlite")
        assert isinstance(store, TasteStore)
        yield store
        await store.aclose()


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def test_what_was_stored_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    store = SqliteTasteStore(tmp_path / "new folder" / "taste.sqlite")
    await store.append([event("a")])
    await store.aclose()
    again = SqliteTasteStore(tmp_path / "new folder" / "taste.sqlite")
    assert (await again.taste("ana")).liked == ("a",)
    await again.aclose()


async def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "taste.sqlite"
    names = ["one", "two", "three"]
    writers = [started(WRITER, path, name) for name in names]
    stored = [int(writer.communicate()[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert sum(stored) == 3 * 10 * 5 + 5  # each its own, and the five that all of them delivered once
    store = SqliteTasteStore(path)
    events = await store.events("ana")
    assert len(events) == 155 + 3
    assert len({key for each in events for key in each.undoes}) == sum(len(each.undoes) for each in events)
    await store.aclose()


async def test_a_store_sees_what_other_processes_write_and_erase(tmp_path: Path) -> None:
    ours, theirs = SqliteTasteStore(tmp_path / "taste.sqlite"), SqliteTasteStore(tmp_path / "taste.sqlite")
    await ours.append([event("a")])
    assert (await theirs.taste("ana")).liked == ("a",)
    await theirs.append([event("b")])
    assert (await ours.taste("ana")).liked == ("a", "b")
    await ours.erase("ana")
    assert (await theirs.taste("ana")).liked == ()
    await ours.append([event("c"), event("d")])
    assert (await theirs.taste("ana")).liked == ("c", "d")
    await ours.aclose()
    await theirs.aclose()


def bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


async def test_erasing_leaves_no_bytes(tmp_path: Path) -> None:
    """Also of long events, in many pages, between those of others, while another process has the file open."""
    store, other = SqliteTasteStore(tmp_path / "taste.sqlite"), SqliteTasteStore(tmp_path / "taste.sqlite")
    for number in range(60):
        await store.append([
            event(f"anaskey{number}", "anasid", message=f"anaswords {'x' * (number * 17)}", thread="anasthread"),
            event(f"benskey{number}", "bensid", message=f"benswords {'y' * (number * 13)}"),
        ])  # fmt: skip
        await other.taste("anasid")
    before = bytes_in(tmp_path)
    assert all(word in before for word in (b"anasid", b"anaskey", b"anaswords", b"anasthread"))
    assert await store.erase("anasid") == 60
    after = bytes_in(tmp_path)
    assert [word for word in (b"anasid", b"anaskey", b"anaswords", b"anasthread") if word in after] == []
    assert b"benswords" in after
    assert len(await other.events("bensid")) == 60
    await store.aclose()
    await other.aclose()


async def test_a_store_that_stays_locked_says_so_and_stores_nothing(tmp_path: Path) -> None:
    store = SqliteTasteStore(tmp_path / "taste.sqlite", patience=0.3)
    await store.append([event("a")])
    holder = sqlite3.connect(tmp_path / "taste.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(TasteStoreBusy, match="stayed locked"):
        await store.append([event("b")])
    assert (await store.taste("ana")).liked == ("a",)  # readers never wait
    holder.execute("COMMIT")
    holder.execute("BEGIN")
    holder.execute("SELECT * FROM events").fetchone()
    with pytest.raises(TasteStoreBusy, match="stayed locked"):
        await store.erase("ana")
    holder.close()
    await store.erase("ana")
    assert b"Portishead" not in bytes_in(tmp_path)
    await store.aclose()


async def test_a_writer_that_is_killed_leaves_all_of_a_batch_or_nothing(tmp_path: Path) -> None:
    script = """
import asyncio, itertools, sys
from segue.memory.contract import event
from segue.memory.store import SqliteTasteStore

async def write(path):
    store = SqliteTasteStore(path)
    for number in itertools.count():
        await store.append([event(f"{number}-{part}") for part in range(50)])
        print(number, flush=True)

asyncio.run(write(sys.argv[1]))
"""
    path = tmp_path / "taste.sqlite"
    writer = started(script, path)
    assert writer.stdout is not None
    while (acknowledged := int(writer.stdout.readline())) < 3:
        pass
    await asyncio.sleep(0.02)
    writer.kill()
    rest = writer.communicate()[0].split()
    acknowledged = int(rest[-1]) if rest else acknowledged
    store = SqliteTasteStore(path)
    count = len(await store.events("ana"))
    assert count % 50 == 0
    assert count >= 50 * (acknowledged + 1)
    await store.aclose()


async def test_a_caller_that_gives_up_does_not_tear_what_it_asked_for(tmp_path: Path) -> None:
    store = SqliteTasteStore(tmp_path / "taste.sqlite")
    writing = asyncio.create_task(store.append([event("a"), event("b")]))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert (await store.taste("ana")).liked == ("a", "b")
    await store.aclose()


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no database, but long enough to be looked at as one " * 50)
    with pytest.raises(TasteCorrupt):
        SqliteTasteStore(text)
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    with pytest.raises(TasteCorrupt, match="no taste store"):
        SqliteTasteStore(tmp_path / "other")
    with pytest.raises(TasteStoreBusy, match="cannot be opened"):
        SqliteTasteStore(tmp_path)


async def test_what_was_tampered_with_is_told_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "taste.sqlite"
    store = SqliteTasteStore(path)
    await store.append([event("a")])
    tamper = sqlite3.connect(path, isolation_level=None)
    tamper.execute("UPDATE events SET body = '{}'")
    with pytest.raises(TasteCorrupt, match="cannot be read"):
        await store.taste("ana")
    tamper.execute("PRAGMA user_version = 99")
    tamper.close()
    await store.aclose()
    with pytest.raises(TasteCorrupt, match="newer version"):
        SqliteTasteStore(path)


def open_to_others(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir() if file.stat().st_mode & 0o077]


@pytest.mark.skipif(sys.platform == "win32", reason="files there have no modes")
async def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    store = SqliteTasteStore(tmp_path / "taste.sqlite")
    await store.append([event("a", subject=Subject(kind="artist", value="x"))])
    assert open_to_others(tmp_path) == []
    await store.aclose()
