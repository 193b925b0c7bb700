"""Connections to a Postgres database: tested before each use, and made anew when they have broken."""

from psycopg import Connection, Error
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from segue.memory.errors import TasteStoreBusy

Pool = ConnectionPool[Connection[tuple[object, ...]]]


def open_pool(url: str, *, most: int, patience: float) -> Pool:
    """Return connections to a database.

    Args:
        url: its address, as libpq reads it.
        most: connections at the same time; whoever wants one more waits.
        patience: seconds to wait for the server, for a connection, and for what others have locked.

    Raises:
        TasteStoreBusy: the server cannot be reached, or does not let us in.
    """

    def configured(connection: Connection[tuple[object, ...]]) -> None:
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{patience:.3f}s",))

    try:
        # One connection first, for its error says what is wrong; a pool only says that it has waited.
        with Connection.connect(url, connect_timeout=max(2, round(patience)), autocommit=True):
            pass
        return ConnectionPool(
            url,
            min_size=1,
            max_size=most,
            timeout=patience,
            kwargs={"autocommit": True},
            configure=configured,
            check=ConnectionPool.check_connection,
            open=True,
        )
    except Error as error:
        raise TasteStoreBusy(f"{place(url)} cannot be used: {error}") from error


def place(url: str) -> str:
    """Return where a database is, without its password."""
    try:
        known = conninfo_to_dict(url)
    except Error:
        return "the Postgres database"
    return f"the Postgres database {known.get('dbname', '')!r} at {known.get('host') or 'this machine'}"
