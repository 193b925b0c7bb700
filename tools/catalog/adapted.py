"""Where a catalog keeps the generator that was fitted to it, beside its versions: it outlives updates of the tracks.

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


def compact_folder(catalog: Path) -> Path | None:
    """Return the folder of a catalog's own compact weights, or None where it was never adapted."""
    folder = catalog / _GENERATORS / _COMPACT
    return folder if folder.is_dir() else None


def listener_folder(catalog: Path) -> Path | None:
    """Return the folder of the listeners' weights that were learnt for a catalog's own generator, or None."""
    folder = catalog / _GENERATORS / _LISTENER
    return folder if folder.is_dir() else None


@contextmanager
def adapted_draft(catalog: Path) -> Iterator[Path]:
    """Yield a new folder in the catalog for weights that are being made; gone at the end unless it was published."""
    parent = catalog / _GENERATORS
    parent.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=parent))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def publish_adapted(catalog: Path, draft: Path) -> Path:
    """Let the weights in `draft` be the catalog's own and return their folder.

    Raises CatalogLocked where another process is writing the catalog.
    """
    folder = catalog / _GENERATORS / _COMPACT
    with write_lock(catalog):
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    return folder
