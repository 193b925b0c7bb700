"""The store of taste in a Postgres database, for products that run on several machines.

Needs the extra `postgres`.
"""

from importlib.util import find_spec

from segue.generator.errors import UserError
from segue.memory.logged import PATIENCE, LoggedTasteStore


class PostgresMissing(UserError):
    """Raised where a Postgres database is to be used and psycopg is not installed."""


def need_postgres() -> None:
    """Make sure that the libraries are there.

    Raises:
        PostgresMissing: they are not; the message says how to get them.
    """
    missing = [name for name in ("psycopg", "psycopg_pool") if find_spec(name) is None]
    if missing:
        raise PostgresMissing(f"{' and '.join(missing)} not installed; try: pip install 'segue[postgres]'")


class PostgresTasteStore(LoggedTasteStore):
    """A `TasteStore` in the tables `segue_taste_...` of a database."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        """Connect, and make the tables where there are none; wait at most `patience` seconds, here and in every call.

        Args:
            url: the address: postgresql://user:password@host:5432/database.
            patience: seconds to wait for the server and for other writers.

        Raises:
            PostgresMissing: psycopg is not installed.
            TasteCorrupt: the tables were made by a newer version of Segue.
            TasteStoreBusy: the server cannot be reached.
        """
        need_postgres()
        from segue.memory.postgres_log import PostgresLog

        super().__init__(PostgresLog(url, patience))
