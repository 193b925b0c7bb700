"""Where a catalog keeps what was fitted to it, beside its versions: it outlives updates of the tracks.

    generator/compact   weights of the compact generator
    generator/listener  weights of listeners' vectors for it
    ranking/order       weights of the learned order, refitted to feedback

New weights are made in a folder of their own and take the place of the old ones at the end, so that a killed training
leaves those as they were. Knows folders only; which tokenizer the weights need is told by their manifest.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from segue.tools.catalog.locks import write_lock

_GENERATORS: Final = "generator"
_COMPACT: Final = "compact"
_LISTENER: Final = "listener"
_RANKING: Final = "ranking"
_ORDER: Final = "order"


def compact_folder(catalog: Path) -> Path | None:
    """Return the folder of a catalog's own compact weights, or None where it was never adapted."""
    folder = catalog / _GENERATORS / _COMPACT
    return folder if folder.is_dir() else None


def listener_folder(catalog: Path) -> Path | None:
    """Return the folder of the listeners' weights that were learnt for a catalog's own generator, or None."""
    folder = catalog / _GENERATORS / _LISTENER
    return folder if folder.is_dir() else None


def order_folder(catalog: Path) -> Path | None:
    """Return the folder of a catalog's own order of recommendations, or None where it was never refitted."""
    folder = catalog / _RANKING / _ORDER
    return folder if folder.is_dir() else None


@contextmanager
def adapted_draft(catalog: Path) -> Iterator[Path]:
    """Yield a new folder in the catalog for weights that are being made; gone at the end unless it was published."""
    with _draft(catalog / _GENERATORS) as draft:
        yield draft


def publish_adapted(catalog: Path, draft: Path) -> Path:
    """Let the weights in `draft` be those of the catalog's own generator and return their folder.

    Raises CatalogLocked where another process is writing the catalog.
    """
    return _publish(catalog, draft, _COMPACT)


@contextmanager
def order_draft(catalog: Path) -> Iterator[Path]:
    """Yield a new folder in the catalog for an order that is being made; gone at the end unless it was published."""
    with _draft(catalog / _RANKING) as draft:
        yield draft


def publish_order(catalog: Path, draft: Path) -> Path:
    """Let the order in `draft` be the catalog's own; otherwise as `publish_adapted`."""
    return _publish(catalog, draft, _ORDER)


def forget_order(catalog: Path) -> bool:
    """Remove a catalog's own order, so that the shipped one ranks; False where there was none.

    Raises CatalogLocked where another process is writing the catalog.
    """
    folder = order_folder(catalog)
    if folder is None:
        return False
    with write_lock(catalog):
        shutil.rmtree(folder.parent)
    return True


@contextmanager
def _draft(parent: Path) -> Iterator[Path]:
    parent.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=parent))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _publish(catalog: Path, draft: Path, name: str) -> Path:
    folder = draft.parent / name
    with write_lock(catalog):
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    return folder
