"""A log of taste events in two tables of a Postgres database, with plain blocking calls.

Writers of one listener wait for each other, those of different listeners do not. Text that Postgres cannot hold (NUL)
stands in ids now and then, so that ids are kept as bytes. Knows rows, not what they mean.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import xxhash
from psycopg import Connection, Error

from segue.memory.errors import TasteCorrupt, TasteStoreBusy
from segue.memory.logged import PATIENCE, Row, State, VectorRow
from segue.memory.postgres_pool import open_pool, place

T = TypeVar("T")
_Connection = Connection[Any]
_LOCKS: Final = 0x53454754
"""The class of our advisory locks ("SEGT"), apart from anybody else's in the database."""
_VERSION: Final = 1
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS segue_taste_version (version INTEGER NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS segue_taste_events (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        listener BYTEA NOT NULL,
        key BYTEA NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (listener, key)
    )
    """,
    "CREATE INDEX IF NOT EXISTS segue_taste_events_number ON segue_taste_events (listener, number)",
    """
    CREATE TABLE IF NOT EXISTS segue_taste_vectors (
        listener BYTEA PRIMARY KEY,
        version TEXT NOT NULL,
        state TEXT NOT NULL,
        time DOUBLE PRECISION NOT NULL,
        body BYTEA NOT NULL
    )
    """,
)


class PostgresLog:
    """An open `Log`. Belongs to one thread at a time."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        """Connect, and make the tables where there are none.

        Raises:
            TasteCorrupt: they were made by a newer version of Segue.
            TasteStoreBusy: the server cannot be reached.
        """
        self.place = place(url)
        self._pool = open_pool(url, most=1, patience=patience)
        try:
            self._transaction(_prepare)
        except BaseException:
            self._pool.close()
            raise

    def add(self, rows: Iterable[Row]) -> int:
        """See `Log`."""
        rows = list(rows)

        def adding(connection: _Connection) -> int:
            _hold(connection, {user for user, _, _ in rows})
            return _insert(connection, rows)

        return self._transaction(adding)

    def change(self, user: str, decide: Callable[[list[str]], Iterable[Row]]) -> None:
        """See `Log`."""

        def changing(connection: _Connection) -> int:
            _hold(connection, {user})
            return _insert(connection, decide(_bodies(connection, user, 0)))

        self._transaction(changing)

    def state(self, user: str) -> State:
        """See `Log`."""
        return self._transaction(lambda connection: _state(connection, user))

    def read(self, user: str, after: int = 0) -> tuple[State, list[str]]:
        """See `Log`."""

        def reading(connection: _Connection) -> tuple[State, list[str]]:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return _state(connection, user), _bodies(connection, user, after)

        return self._transaction(reading)

    def erase(self, user: str) -> int:
        """See `Log`: the tables are written anew, so that none of the rows' bytes is left in their files.

        What the server's write-ahead log and backups hold goes when the server recycles them.
        """

        def erasing(connection: _Connection) -> int:
            _hold(connection, {user})
            connection.execute("DELETE FROM segue_taste_vectors WHERE listener = %s", (user.encode(),))
            return connection.execute("DELETE FROM segue_taste_events WHERE listener = %s", (user.encode(),)).rowcount

        count = self._transaction(erasing)
        for table in ("segue_taste_events", "segue_taste_vectors"):
            self._with(lambda connection, table=table: connection.execute(f"VACUUM (FULL) {table}"))  # type: ignore[misc]
        return count

    def vector(self, user: str) -> VectorRow | None:
        """See `Log`."""
        query = "SELECT version, state, time, body FROM segue_taste_vectors WHERE listener = %s"
        found = self._transaction(lambda connection: connection.execute(query, (user.encode(),)).fetchone())
        return None if found is None else (user, *found)

    def keep_vectors(self, rows: Iterable[VectorRow]) -> None:
        """See `Log`."""
        query = (
            "INSERT INTO segue_taste_vectors (listener, version, state, time, body) "
            "SELECT %(user)s, %(version)s, %(state)s, %(time)s, %(body)s "
            "WHERE EXISTS (SELECT 1 FROM segue_taste_events WHERE listener = %(user)s) "
            "ON CONFLICT (listener) DO UPDATE SET version = excluded.version, state = excluded.state, "
            "time = excluded.time, body = excluded.body"
        )
        rows = list(rows)
        given = [
            {"user": user.encode(), "version": version, "state": state, "time": time, "body": body}
            for user, version, state, time, body in rows
        ]

        def keeping(connection: _Connection) -> None:
            _hold(connection, {user for user, *_ in rows})
            connection.cursor().executemany(query, given)

        self._transaction(keeping)

    def outdated(self, version: str, before: float) -> list[str]:
        """See `Log`."""
        query = (
            "SELECT log.listener FROM "
            "(SELECT listener, count(*) || ':' || max(number) AS state FROM segue_taste_events GROUP BY listener) log "
            "LEFT JOIN segue_taste_vectors AS kept ON kept.listener = log.listener AND kept.state = log.state "
            "AND kept.version = %s AND kept.time >= %s WHERE kept.listener IS NULL ORDER BY log.listener"
        )
        found = self._transaction(lambda connection: connection.execute(query, (version, before)).fetchall())
        return [bytes(user).decode() for (user,) in found]

    def close(self) -> None:
        """See `Log`."""
        self._pool.close()

    def _transaction(self, work: Callable[[_Connection], T]) -> T:
        def whole(connection: _Connection) -> T:
            with connection.transaction():
                return work(connection)

        return self._with(whole)

    def _with(self, work: Callable[[_Connection], T]) -> T:
        """Do `work` once: what breaks off in the middle may have been done, and only the caller knows how to ask."""
        try:
            with self._pool.connection() as connection:
                return work(connection)
        except Error as error:
            raise TasteStoreBusy(f"{self.place} cannot be used: {error}") from error


def _prepare(connection: _Connection) -> None:
    _hold(connection, {""})  # two processes that make the same table at once trip over each other
    for statement in _SCHEMA:
        connection.execute(statement)
    found = connection.execute("SELECT version FROM segue_taste_version").fetchone()
    if found is None:
        connection.execute("INSERT INTO segue_taste_version VALUES (%s)", (_VERSION,))
    elif found[0] > _VERSION:
        raise TasteCorrupt("the tables segue_taste_... were made by a newer version of Segue")


def _hold(connection: _Connection, users: set[str]) -> None:
    """Keep other writers of these listeners out until the transaction ends; in one order, lest two block each other."""
    for key in sorted({xxhash.xxh32_intdigest(user.encode()) - 2**31 for user in users}):
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCKS, key))


def _insert(connection: _Connection, rows: Iterable[Row]) -> int:
    query = "INSERT INTO segue_taste_events (listener, key, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
    given = [(user.encode(), key.encode(), body) for user, key, body in rows]
    cursor = connection.cursor()
    if given:
        cursor.executemany(query, given)
    return max(cursor.rowcount, 0)


def _state(connection: _Connection, user: str) -> State:
    query = "SELECT count(*), coalesce(max(number), 0) FROM segue_taste_events WHERE listener = %s"
    found = connection.execute(query, (user.encode(),)).fetchone()
    assert found is not None, "an aggregate gives a row"
    return int(found[0]), int(found[1])


def _bodies(connection: _Connection, user: str, after: int) -> list[str]:
    query = "SELECT body FROM segue_taste_events WHERE listener = %s AND number > %s ORDER BY number"
    return [str(body) for (body,) in connection.execute(query, (user.encode(), after))]
