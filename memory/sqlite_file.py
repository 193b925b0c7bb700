"""One SQLite file of taste events, with plain blocking calls: transactions, retries, and erasing that leaves no bytes.

Beside the events stands at most one vector a listener, computed from them; it goes when they go. Many processes may
hold the same file open. Writers wait for each other; readers never wait. Knows rows of text (user, key, time, body) and
bytes, not what they mean.
"""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from segue.memory.errors import TasteCorrupt, TasteStoreBusy
from segue.memory.logged import PATIENCE, Row, State, VectorRow

T = TypeVar("T")
_APPLICATION: Final = 0x53454754
"""Marks the file as ours ("SEGT")."""
_SCHEMA_VERSION: Final = 2
_SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS events (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        user TEXT NOT NULL,
        key TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (user, key)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS vectors (
        user TEXT PRIMARY KEY,
        version TEXT NOT NULL,
        state TEXT NOT NULL,
        time REAL NOT NULL,
        body BLOB NOT NULL
    )
    """,
)
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class SqliteFile:
    """An open file, a `Log`. Belongs to one thread at a time."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        """Open or create the file, readable by its owner only.

        Raises:
            TasteCorrupt: the file is no taste store.
            TasteStoreBusy: it stayed locked for `patience` seconds, or cannot be written.
        """
        self.path = path
        self.place = str(path)
        self._patience = patience
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise TasteStoreBusy(f"{path} cannot be opened: {error.strerror}") from error
        # Transactions are begun by hand; waiting is done here, for SQLite's own waiting skips some locks.
        self._connection = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
        try:
            self._patiently(self._prepare)
        except BaseException:
            self._connection.close()
            raise

    def add(self, rows: Iterable[Row]) -> int:
        """Insert rows whose (user, key) is new, all or none; return how many were inserted."""
        rows = list(rows)
        return self._write(lambda: self._insert(rows))

    def change(self, user: str, decide: Callable[[list[str]], Iterable[Row]]) -> None:
        """Insert what `decide` makes of a listener's bodies; no other writer comes in between."""
        self._write(lambda: self._insert(decide(self._bodies(user, 0))))

    def state(self, user: str) -> State:
        """Return the state of a listener's log."""
        return self._patiently(lambda: self._state(user))

    def read(self, user: str, after: int = 0) -> tuple[State, list[str]]:
        """Return the state of a listener's log and, from that same moment, the bodies with a number above `after`."""

        def reading() -> tuple[State, list[str]]:
            self._connection.execute("BEGIN")
            try:
                return self._state(user), self._bodies(user, after)
            finally:
                self._connection.execute("COMMIT")

        return self._patiently(reading)

    def erase(self, user: str) -> int:
        """Delete a listener's rows and rewrite the file, so that none of their bytes remains; return how many.

        Deleted cells are zeroed at once, yet pages that SQLite moved may hold stale copies, and so may the write-ahead
        log: rebuilding the file and emptying the log removes both.
        """

        def deleting() -> int:
            self._connection.execute("DELETE FROM vectors WHERE user = ?", (user,))
            return self._connection.execute("DELETE FROM events WHERE user = ?", (user,)).rowcount

        count = self._write(deleting)
        self._patiently(lambda: self._connection.execute("VACUUM"))
        self._patiently(self._empty_log)
        return count

    def vector(self, user: str) -> VectorRow | None:
        """Return the vector kept of a listener."""
        query = "SELECT user, version, state, time, body FROM vectors WHERE user = ?"

        def reading() -> VectorRow | None:
            found: VectorRow | None = self._connection.execute(query, (user,)).fetchone()
            return found

        return self._patiently(reading)

    def keep_vectors(self, rows: Iterable[VectorRow]) -> None:
        """Keep vectors in place of those before, of listeners who have events: nobody who was erased comes back."""
        rows = list(rows)
        query = (
            "INSERT OR REPLACE INTO vectors (user, version, state, time, body) SELECT ?1, ?2, ?3, ?4, ?5 "
            "WHERE EXISTS (SELECT 1 FROM events WHERE user = ?1)"
        )
        self._write(lambda: self._connection.executemany(query, rows))

    def outdated(self, version: str, before: float) -> list[str]:
        """Return the listeners without a vector of `version`, computed since `before` from their log as it is now."""
        query = (
            "SELECT log.user FROM "
            "(SELECT user, count(*) || ':' || max(number) AS state FROM events GROUP BY user) AS log "
            "LEFT JOIN vectors ON vectors.user = log.user AND vectors.state = log.state AND vectors.version = ? "
            "AND vectors.time >= ? WHERE vectors.user IS NULL ORDER BY log.user"
        )
        return self._patiently(lambda: [user for (user,) in self._connection.execute(query, (version, before))])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA secure_delete = ON")
        run("PRAGMA temp_store = MEMORY")  # rebuilding must not copy rows into a temporary file
        run("PRAGMA synchronous = FULL")  # an event that was acknowledged survives a power cut
        application = run("PRAGMA application_id").fetchone()[0]
        tables = run("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if application != _APPLICATION and tables:
            raise TasteCorrupt(f"{self.path} is a database, but no taste store")
        version = run("PRAGMA user_version").fetchone()[0]
        if version > _SCHEMA_VERSION:
            raise TasteCorrupt(f"{self.path} was written by a newer version of Segue")
        run("PRAGMA journal_mode = WAL")
        if version < _SCHEMA_VERSION:
            run("BEGIN IMMEDIATE")
            try:
                for table in _SCHEMA:
                    run(table)
                run(f"PRAGMA application_id = {_APPLICATION}")
                run(f"PRAGMA user_version = {_SCHEMA_VERSION}")
                run("COMMIT")
            finally:
                if self._connection.in_transaction:
                    run("ROLLBACK")

    def _insert(self, rows: Iterable[Row]) -> int:
        return sum(
            self._connection.execute(
                "INSERT INTO events (user, key, body) VALUES (?, ?, ?) ON CONFLICT (user, key) DO NOTHING", row
            ).rowcount
            for row in rows
        )

    def _state(self, user: str) -> State:
        query = "SELECT count(*), coalesce(max(number), 0) FROM events WHERE user = ?"
        count, newest = self._connection.execute(query, (user,)).fetchone()
        return count, newest

    def _bodies(self, user: str, after: int) -> list[str]:
        query = "SELECT body FROM events WHERE user = ? AND number > ? ORDER BY number"
        return [body for (body,) in self._connection.execute(query, (user, after))]

    def _empty_log(self) -> None:
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise _LogInUse

    def _write(self, work: Callable[[], T]) -> T:
        def transaction() -> T:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = work()
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            return result

        return self._patiently(transaction)

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do `work`, again and again while others hold the file, each time from its beginning."""
        give_up = time.monotonic() + self._patience
        while True:
            try:
                return work()
            except _LogInUse as error:
                cause: Exception = error
            except sqlite3.DatabaseError as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if code in _BROKEN:
                    raise TasteCorrupt(f"{self.path} is damaged, or no taste store: {error}") from error
                if not isinstance(error, sqlite3.OperationalError):
                    raise  # wrong use of SQLite: a bug
                if code not in _BUSY:
                    raise TasteStoreBusy(f"{self.path} cannot be used: {error}") from error
                cause = error
            if time.monotonic() > give_up:
                raise TasteStoreBusy(f"{self.path} stayed locked for {self._patience:.0f} seconds: {cause}") from cause
            time.sleep(random.uniform(0.002, 0.02))  # at different times, so that waiters do not collide again


class _LogInUse(Exception):
    """Somebody reads from the write-ahead log."""
