"""The versions of a catalog folder: which one is current, how a new one is published, when an old one goes.

Knows folder and file names only; what a version contains is the business of its builder.
"""

import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from segue.generator.errors import CatalogCorrupt, CatalogNotFound
from segue.tools.catalog.locks import sole_owner
from segue.tools.catalog.manifest import MANIFEST, READERS, flush

CURRENT: Final = "CURRENT"
VERSIONS: Final = "versions"
_NAME: Final = re.compile(r"v(\d{6,})-[0-9a-f]{8}")


def current_version(folder: Path) -> Path:
    """Return the folder of the current version.

    Raises:
        CatalogNotFound: nothing was ever published here.
        CatalogCorrupt: CURRENT is damaged.
    """
    try:
        name = (folder / CURRENT).read_text(encoding="ascii", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CatalogNotFound(f"no catalog in {folder}; `segue catalog import` makes one") from error
    if not _NAME.fullmatch(name):
        raise CatalogCorrupt(f"{folder / CURRENT} is damaged: it names no version")
    return folder / VERSIONS / name


@contextmanager
def new_version(folder: Path) -> Iterator[Path]:
    """Yield an empty folder for the next version, to be filled and then published. Needs the write lock.

    Where the block fails, the folder is removed again and the current version stays what it was.
    """
    versions = folder / VERSIONS
    versions.mkdir(exist_ok=True)
    numbers = [int(match[1]) for path in versions.iterdir() if (match := _NAME.fullmatch(path.name))]
    version = versions / f"v{max(numbers, default=0) + 1:06d}-{secrets.token_hex(4)}"
    version.mkdir()
    try:
        (version / READERS).touch()
        yield version
    except BaseException:
        remove_tree(version)
        raise


def publish(folder: Path, version: Path) -> None:
    """Make `version`, whose files are flushed, the current one: after a crash either the old or the new name stands."""
    flush(version / MANIFEST)
    flush(version)
    flush(version.parent)
    staged = folder / f"{CURRENT}.new"
    staged.write_text(f"{version.name}\n", encoding="ascii")
    flush(staged)
    staged.replace(folder / CURRENT)
    flush(folder)


def sweep(folder: Path) -> None:
    """Delete every version but the current one, unless a reader holds it. Needs the write lock.

    Where CURRENT is lost, whole versions stay: one of them may be all that is left of the catalog (see `repair`).
    """
    keep = {current_version(folder)} if (folder / CURRENT).exists() else set(whole_versions(folder))
    (folder / f"{CURRENT}.new").unlink(missing_ok=True)
    versions = folder / VERSIONS
    for version in versions.iterdir() if versions.is_dir() else ():
        if version not in keep:
            delete_if_free(version)


def adopt(folder: Path) -> bool:
    """Where CURRENT is lost, make the newest whole version current; return whether there was one.

    That version is the catalog itself, or what a first import had finished when it was killed.
    """
    whole = whole_versions(folder)
    if whole:
        publish(folder, whole[0])
    return bool(whole)


def whole_versions(folder: Path) -> list[Path]:
    """Return the versions whose manifest was written, which is done last; the newest first."""
    found = [path.parent for path in (folder / VERSIONS).glob(f"v*/{MANIFEST}") if _NAME.fullmatch(path.parent.name)]
    return sorted(found, key=lambda version: int(version.name[1:].partition("-")[0]), reverse=True)


def delete_if_free(version: Path) -> bool:
    """Delete a version that is not current and never will be again; return whether no reader held it."""
    with sole_owner(version) as free:
        if free:
            remove_tree(version)
        return free


def remove_tree(folder: Path) -> None:
    """Remove a folder that another process may be removing too: the last reader that closes, a writer that sweeps."""
    if sys.version_info >= (3, 12):
        shutil.rmtree(folder, onexc=lambda _call, _path, error: _unless_gone(error))
    else:
        shutil.rmtree(folder, onerror=lambda _call, _path, info: _unless_gone(info[1]))


def _unless_gone(error: BaseException) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
