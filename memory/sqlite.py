"""The store of taste that ships: one SQLite file."""

from pathlib import Path

from segue.memory.logged import PATIENCE, LoggedTasteStore
from segue.memory.sqlite_file import SqliteFile


class SqliteTasteStore(LoggedTasteStore):
    """A `TasteStore` in one file, which any number of processes may hold open."""

    def __init__(self, path: Path | str, patience: float = PATIENCE) -> None:
        """Open or create `path`; wait at most `patience` seconds for other processes, here and in every call.

        Raises:
            TasteCorrupt: the file is no taste store.
            TasteStoreBusy: it stayed locked, or cannot be written.
        """
        super().__init__(SqliteFile(Path(path), patience))
