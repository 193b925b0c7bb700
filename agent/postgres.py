"""Threads in a Postgres database: LangGraph's saver with our outbox, and locks that hold between machines.

Needs the extra `postgres`. Knows checkpoints and locks; nothing of what is in a turn but the name of one channel.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from threading import Lock
from typing import Any, Final, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg import Connection, Error

from segue.agent.locks import FIRST_PAUSE, LONGEST_PAUSE, ThreadLocks
from segue.agent.outbox import OUTBOX, USER, OutboxSaver, serializer
from segue.memory.errors import TasteStoreBusy
from segue.memory.logged import PATIENCE
from segue.memory.postgres_pool import Pool, open_pool, place

_LOCKS: Final = 0x53454755
"""The class of the locks of threads among the advisory locks of a database."""
_SETTING_UP: Final = -1
"""The lock under which tables are made; those of threads are numbered from 0."""
_CONNECTIONS: Final = 4
_log = logging.getLogger(__name__)


class PostgresThreadSaver(OutboxSaver, PostgresSaver):
    """Checkpoints in LangGraph's own tables, and the outbox in `segue_outbox`."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(cast(Any, pool), serde=serializer())
        self._pool = pool

    @classmethod
    def open(cls, url: str, patience: float = PATIENCE) -> "PostgresThreadSaver":
        """Connect, and make the tables where there are none.

        Raises:
            TasteStoreBusy: the server cannot be reached, or others make the tables for longer than `patience` seconds.
        """
        pool = open_pool(url, most=_CONNECTIONS, patience=patience)
        saver = cls(pool)
        try:
            with pool.connection() as connection:
                # Asked for again and again: whoever waits for a lock inside the database holds up LangGraph's
                # making of indexes, which waits for all who are at work there.
                give_up = time.monotonic() + patience
                while not _try(connection, _SETTING_UP):
                    if time.monotonic() > give_up:
                        raise TasteStoreBusy(f"others have been making tables in {place(url)} for {patience:.0f} s")
                    time.sleep(LONGEST_PAUSE)
                try:
                    saver.setup()
                    connection.execute(
                        "CREATE TABLE IF NOT EXISTS segue_outbox (number BIGINT GENERATED ALWAYS AS IDENTITY, "
                        "key TEXT PRIMARY KEY, listener TEXT NOT NULL, entry TEXT NOT NULL)"
                    )
                finally:
                    _release(connection, _SETTING_UP)
        except BaseException:
            pool.close()
            raise
        return saver

    def close(self) -> None:
        """See `OutboxSaver`."""
        self._pool.close()

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint and what it leaves to be delivered, together or not at all."""
        entries = checkpoint["channel_values"].get(OUTBOX) or ()
        with self._pool.connection() as connection, connection.transaction():
            one = PostgresSaver(cast(Any, connection), serde=self.serde)
            saved = one.put(config, checkpoint, metadata, new_versions)
            if entries:
                connection.cursor().executemany(
                    "INSERT INTO segue_outbox (key, listener, entry) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    [(entry["key"], entry[USER], json.dumps(entry, ensure_ascii=False)) for entry in entries],
                )
        return saved

    def undelivered(self) -> list[dict[str, Any]]:
        """See `OutboxSaver`."""
        with self._pool.connection() as connection:
            rows = connection.execute("SELECT entry FROM segue_outbox ORDER BY number").fetchall()
        return [json.loads(str(entry)) for (entry,) in rows]

    def delivered(self, keys: Sequence[str]) -> None:
        """See `OutboxSaver`."""
        with self._pool.connection() as connection:
            connection.execute("DELETE FROM segue_outbox WHERE key = ANY(%s)", ([*keys],))

    def erase(self, user: str) -> int:
        """See `OutboxSaver`; what deleted rows leave on disk goes when the server tidies up (VACUUM)."""
        with self._pool.connection() as connection, connection.transaction():
            found = connection.execute(
                "SELECT DISTINCT thread_id FROM checkpoints WHERE metadata ->> %s = %s", (USER, user)
            ).fetchall()
            threads = [thread for (thread,) in found]
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                connection.execute(f"DELETE FROM {table} WHERE thread_id = ANY(%s)".encode(), (threads,))  # noqa: S608 - our own names
            connection.execute("DELETE FROM segue_outbox WHERE listener = %s", (user,))
        return len(threads)


class PostgresLocks(ThreadLocks):
    """The locks of all threads in one database: advisory locks, which go with the connection that holds them.

    All of a process stand on one connection, for its own tasks are kept apart already. Where that connection is lost in
    the middle of a turn, another process may begin a turn of the same thread.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        super().__init__(None)
        self._pool = open_pool(url, most=1, patience=patience)
        self._connection: Connection[Any] | None = None
        self._one = Lock()
        self._place = place(url)

    def close(self) -> None:
        """See `ThreadLocks`."""
        with self._one:
            if self._connection is not None:
                self._pool.putconn(self._connection)
                self._connection = None
            self._pool.close()

    @asynccontextmanager
    async def _between_processes(self, stripe: int) -> AsyncIterator[None]:
        pause = FIRST_PAUSE
        while not await self._done(_try, stripe):
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        try:
            yield
        finally:
            await self._done(_release, stripe)

    async def _done(self, work: Callable[[Connection[Any], int], bool], stripe: int) -> bool:
        """Do `work` in a thread; whoever is cancelled meanwhile gets no lock that nobody would give back."""
        doing = asyncio.ensure_future(asyncio.to_thread(self._do, work, stripe))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            if await doing and work is _try:
                await asyncio.to_thread(self._do, _release, stripe)
            raise

    def _do(self, work: Callable[[Connection[Any], int], bool], stripe: int) -> bool:
        with self._one:
            connection = self._connected()
            try:
                return work(connection, stripe)
            except Error as error:
                if not connection.closed:
                    raise
                # The locks went with the connection that broke: none is left to give back, and all can be taken anew.
                _log.warning("%s was lost, and the locks of threads with it: %s", self._place, error)
                return work is _release or work(self._connected(), stripe)

    def _connected(self) -> Connection[Any]:
        if self._connection is not None and self._connection.closed:
            self._pool.putconn(self._connection)
            self._connection = None
        if self._connection is None:
            self._connection = self._pool.getconn()
        return self._connection


def _try(connection: Connection[Any], number: int) -> bool:
    found = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCKS, number)).fetchone()
    return bool(found and found[0])


def _release(connection: Connection[Any], number: int) -> bool:
    found = connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_LOCKS, number)).fetchone()
    return bool(found and found[0])
