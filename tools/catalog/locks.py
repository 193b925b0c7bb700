"""The two locks of a catalog folder: one writer at a time, and readers that keep their version from being deleted.

Both are advisory locks on open files, which the operating system releases when a process dies, however it dies.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import portalocker
from portalocker import LockFlags

from segue.generator.errors import CatalogLocked, CatalogNotWritable
from segue.tools.catalog.manifest import READERS

WAIT: Final = 1.0
"""Seconds that a second writer waits before it gives up."""
_POLL: Final = 0.05

_held: dict[Path, tuple[int, int]] = {}
"""Write locks of this process: folder -> (thread, depth)."""
_held_guard = threading.Lock()


@contextmanager
def write_lock(folder: Path | str, *, wait: float = WAIT) -> Iterator[None]:
    """Hold the write lock of a catalog, creating its folder if need be.

    Re-entrant within a thread, so that a caller can read, merge and update under one lock:

        with write_lock(folder):
            known = merge(Catalog.open(folder), incoming)
            update_catalog(folder, known)

    Raises:
        CatalogLocked: another process or thread still holds it after `wait` seconds.
        CatalogNotWritable: the folder cannot be created or written.
    """
    path = Path(folder).resolve()
    me = threading.get_ident()
    with _held_guard:
        owner, depth = _held.get(path, (me, 0))
        nested = owner == me and depth > 0
        if nested:
            _held[path] = (me, depth + 1)
    handle = None if nested else _acquire(path, wait)
    if handle is not None:
        with _held_guard:
            _held[path] = (me, 1)
    try:
        yield
    finally:
        with _held_guard:
            depth = _held[path][1] - 1
            if depth:
                _held[path] = (me, depth)
            else:
                del _held[path]
        if handle is not None:
            handle.close()


def _acquire(folder: Path, wait: float) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return portalocker.Lock(folder / "lock", mode="a", timeout=wait, check_interval=_POLL).acquire()
    except portalocker.LockException as error:
        raise CatalogLocked(
            f"another process is writing the catalog {folder}; try again when it has finished"
        ) from error
    except OSError as error:
        raise CatalogNotWritable(f"cannot write to the catalog {folder}: {error.strerror or error}") from error


class ReaderLock:
    """A shared lock on one version: while it is held, nobody deletes the version."""

    def __init__(self, version: Path) -> None:
        """Take the lock.

        Raises:
            FileNotFoundError: the version is gone, or is being deleted at this moment.
        """
        self._file = (version / READERS).open("rb")
        try:
            portalocker.lock(self._file, LockFlags.SHARED | LockFlags.NON_BLOCKING)
            if not os.fstat(self._file.fileno()).st_nlink:
                raise FileNotFoundError(version)
        except portalocker.LockException as error:
            self._file.close()
            raise FileNotFoundError(version) from error
        except FileNotFoundError:
            self._file.close()
            raise

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        self._file.close()


@contextmanager
def sole_owner(version: Path) -> Iterator[bool]:
    """Yield whether no reader holds `version`, and keep new readers out meanwhile."""
    try:
        file = (version / READERS).open("rb")
    except FileNotFoundError:  # a killed writer never came to the point of publishing it
        yield True
        return
    with file:
        try:
            portalocker.lock(file, LockFlags.EXCLUSIVE | LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            yield False
            return
        yield True
