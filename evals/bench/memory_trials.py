"""What `segue bench memory` does to a store of taste, and the plain store that it is compared with."""

import asyncio
import multiprocessing
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from segue.memory.events import Subject, TasteEvent
from segue.memory.profile import fold
from segue.memory.sqlite import SqliteTasteStore
from segue.memory.taste import Taste

_FIRST: Final = datetime(2024, 1, 1, tzinfo=UTC)
_SHARED: Final = 20
"""Events that every writer delivers."""
_EACH: Final = 100
"""Events that one writer alone delivers."""
_ERASED: Final = 60
_GENRES: Final = ("trip hop", "jazz", "techno", "folk", "shoegaze")


class Store(Protocol):
    """The part of a `TasteStore` that is measured."""

    async def append(self, events: Sequence[TasteEvent]) -> int:
        """See `TasteStore`."""

    async def events(self, user: str) -> tuple[TasteEvent, ...]:
        """See `TasteStore`."""

    async def taste(self, user: str) -> Taste:
        """See `TasteStore`."""

    async def erase(self, user: str) -> int:
        """See `TasteStore`."""

    async def aclose(self) -> None:
        """See `TasteStore`."""


class PlainSqlite:
    """One table, one row an event, SQLite's defaults; the baseline."""

    def __init__(self, path: Path) -> None:
        """Open or create `path`; a locked file is waited for as long as the other store waits."""
        self._file = sqlite3.connect(path, timeout=60)
        # SQLite's own default; some distributions build it with the other.
        self._file.execute("PRAGMA secure_delete = OFF")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS events (user TEXT, key TEXT, body TEXT, PRIMARY KEY (user, key))"
        )

    async def append(self, events: Sequence[TasteEvent]) -> int:
        """Insert what is new."""
        rows = [(one.user, one.key, one.model_dump_json(exclude_defaults=True)) for one in events]
        with self._file:
            return self._file.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", rows).rowcount

    async def events(self, user: str) -> tuple[TasteEvent, ...]:
        """Read all events."""
        found = self._file.execute("SELECT body FROM events WHERE user = ?", (user,))
        return tuple(TasteEvent.model_validate_json(body) for (body,) in found)

    async def taste(self, user: str) -> Taste:
        """Fold the whole log."""
        return fold(await self.events(user), datetime.now(UTC))

    async def erase(self, user: str) -> int:
        """Delete the rows."""
        with self._file:
            return self._file.execute("DELETE FROM events WHERE user = ?", (user,)).rowcount

    async def aclose(self) -> None:
        """Close the file."""
        self._file.close()


STORES: Final = ("segue", "plain sqlite")


def opened(name: str, path: Path) -> Store:
    """Return the store called `name` (one of `STORES`) over the file `path`."""
    return SqliteTasteStore(path, patience=60) if name == "segue" else PlainSqlite(path)


def an_event(number: int, user: str, key: str = "", message: str = "") -> TasteEvent:
    """Return the like of a track, of one of 50 artists and five genres."""
    return TasteEvent(
        key=key or f"{user}-key-{number}",
        user=user,
        thread=f"{user}-thread",
        time=_FIRST + timedelta(minutes=number),
        kind="liked",
        subject=Subject(kind="track", value=f"track-{number}"),
        attributes=(
            Subject(kind="artist", value=f"Artist {number % 50}"),
            Subject(kind="genre", value=_GENRES[number % len(_GENRES)]),
        ),
        message=message,
    )


def measured(name: str, folder: Path, events: int, lengths: Sequence[int], writers: int) -> dict[str, float]:
    """Return all metrics of a store, whose files are made in the folder `folder`."""
    return {
        "appends_per_second": asyncio.run(_appends(name, folder / "appends.sqlite", events)),
        **{key: value for length in lengths for key, value in asyncio.run(_folds(name, folder, length)).items()},
        **writers_at_once(name, folder / "writers.sqlite", writers),
        **asyncio.run(erasing(name, _made(folder / "erased"))),
    }


async def _appends(name: str, path: Path, events: int) -> float:
    """Return the appended events per second."""
    store = opened(name, path)
    batch = [[an_event(number, "ana")] for number in range(events)]
    began = time.perf_counter()
    for one in batch:
        await store.append(one)
    seconds = time.perf_counter() - began
    await store.aclose()
    return events / seconds


async def _folds(name: str, folder: Path, length: int) -> dict[str, float]:
    """Return the milliseconds of the first taste of a log of `length` events, and of the one after another event."""
    path = folder / f"log-{length}.sqlite"
    filling = opened(name, path)
    await filling.append([an_event(number, "ana") for number in range(length)])
    await filling.aclose()
    store = opened(name, path)
    began = time.perf_counter()
    await store.taste("ana")
    first = time.perf_counter()
    await store.append([an_event(length, "ana")])
    appended = time.perf_counter()
    await store.taste("ana")
    done = time.perf_counter()
    await store.aclose()
    return {f"first_taste_ms@{length}": 1000 * (first - began), f"next_taste_ms@{length}": 1000 * (done - appended)}


def writers_at_once(name: str, path: Path, writers: int) -> dict[str, float]:
    """Let processes write to one listener at once; return how many events are `lost`, and how many `doubled`."""
    asyncio.run(opened(name, path).aclose())
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write, args=(name, path, number)) for number in range(writers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if failed := [process.exitcode for process in processes if process.exitcode]:
        raise RuntimeError(f"writers of {name} ended with {failed}")
    keys = [one.key for one in asyncio.run(_read(name, path))]
    expected = {f"{number}-{i}" for number in range(writers) for i in range(_EACH)} | {
        f"same-{i}" for i in range(_SHARED)
    }
    return {"lost": len(expected - set(keys)), "doubled": len(keys) - len(set(keys))}


def _write(name: str, path: Path, number: int) -> None:
    async def run() -> None:
        store = opened(name, path)
        for i in range(_EACH):
            await store.append([an_event(i, "ana", f"{number}-{i}"), an_event(i, "ana", f"same-{i % _SHARED}")])
        await store.aclose()

    asyncio.run(run())


async def _read(name: str, path: Path) -> tuple[TasteEvent, ...]:
    store = opened(name, path)
    found = await store.events("ana")
    await store.aclose()
    return found


async def erasing(name: str, folder: Path) -> dict[str, float]:
    """Erase one of two listeners; return how many of their words the files in `folder` held and hold."""
    store = opened(name, folder / "taste.sqlite")
    for number in range(_ERASED):
        words = f"anaword{number:04} {'x' * (number * 7)}"
        await store.append(
            [an_event(number, "anasid", message=words), an_event(number, "bensid", message="y" * number)]
        )
    searched = [b"anasid", *(f"anaword{number:04}".encode() for number in range(_ERASED))]
    before = _held(folder, searched)
    await store.erase("anasid")
    left = _held(folder, searched)
    kept = len(await store.events("bensid"))
    await store.aclose()
    if kept != _ERASED:
        raise RuntimeError(f"erasing one listener left {kept} of another's {_ERASED} events in {name}")
    return {"erased_words": before, "erased_words_left": left}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _held(folder: Path, searched: Sequence[bytes]) -> int:
    content = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    return sum(word in content for word in searched)
