"""Where threads and taste are kept: in files of a folder, or in a Postgres database.

Knows which of the two, and opens it; what is kept there is not its business.
"""

from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from segue.agent.locks import ThreadLocks
from segue.agent.outbox import OutboxSaver
from segue.agent.saver import ThreadSaver
from segue.memory.postgres import need_postgres
from segue.memory.store import PostgresTasteStore, SqliteTasteStore

THREADS: Final = "threads.sqlite"
TASTE: Final = "taste.sqlite"
LOCKS: Final = "thread-locks"


def data_folder() -> Path:
    """Return where threads and taste are kept unless somebody says otherwise."""
    return user_data_path("segue", appauthor=False)


def open_saver(data: Path | None = None, database: str | None = None) -> OutboxSaver:
    """Open what keeps threads.

    Args:
        data: the folder; by default the user's data folder.
        database: the address of a Postgres database, which is used instead of the folder.

    Raises:
        PostgresMissing: the libraries for it are not installed.
        TasteStoreBusy: it cannot be reached.
    """
    if database is None:
        return ThreadSaver.open((data or data_folder()) / THREADS)
    need_postgres()
    from segue.agent.postgres import PostgresThreadSaver

    return PostgresThreadSaver.open(database)


def open_store(data: Path | None = None, database: str | None = None) -> SqliteTasteStore | PostgresTasteStore:
    """Open what keeps taste; arguments and errors as of `open_saver`."""
    return SqliteTasteStore((data or data_folder()) / TASTE) if database is None else PostgresTasteStore(database)


def open_locks(data: Path | None = None, database: str | None = None) -> ThreadLocks:
    """Open what keeps the turns of one thread apart, wherever they run; arguments and errors as of `open_saver`."""
    if database is None:
        return ThreadLocks((data or data_folder()) / LOCKS)
    need_postgres()
    from segue.agent.postgres import PostgresLocks

    return PostgresLocks(database)
