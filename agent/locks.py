"""One turn at a time on each thread, between the tasks of a process and between processes.

LangGraph reads a thread's state before a turn and writes it after: two turns at once would both start from the same
state, and one of them would be lost. Threads share a fixed number of locks, so that nothing grows with their number.
Advisory file locks are released by the operating system however a process dies.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import portalocker
import xxhash
from portalocker import LockFlags

STRIPES: Final = 256
"""Locks in all; two threads that share one wait for each other now and then."""
FIRST_PAUSE: Final = 0.002
LONGEST_PAUSE: Final = 0.05
"""Seconds between attempts at a lock that another process holds: the first, and the longest."""


class ThreadLocks:
    """The locks of all threads that one saver keeps; belongs to one event loop."""

    def __init__(self, folder: Path | None) -> None:
        """Keep lock files in `folder`; None where no other process can reach the threads."""
        self._folder = folder
        self._locks: dict[int, asyncio.Lock] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    @asynccontextmanager
    async def hold(self, thread: str) -> AsyncIterator[None]:
        """Hold the lock of a thread. Waiters of this process get it in the order in which they came."""
        stripe = xxhash.xxh3_64_intdigest(thread.encode()) % STRIPES
        async with self._locks.setdefault(stripe, asyncio.Lock()), self._between_processes(stripe):
            yield

    def close(self) -> None:
        """Let go of what the locks stand on; nobody may hold one."""

    @asynccontextmanager
    async def _between_processes(self, stripe: int) -> AsyncIterator[None]:
        if self._folder is None:
            yield
            return
        with (self._folder / f"{stripe:03}.lock").open("a") as file:
            pause = FIRST_PAUSE
            while not _try(file.fileno()):
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            yield


def _try(descriptor: int) -> bool:
    try:
        portalocker.lock(descriptor, LockFlags.EXCLUSIVE | LockFlags.NON_BLOCKING)
    except portalocker.LockException:
        return False
    return True
