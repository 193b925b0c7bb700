"""Where a catalog keeps the generator that was fitted to it, beside its versions: it outlives updates of the tracks.

Knows folders only; which tokenizer the weights need is told by their manifest.
"""

from pathlib import Path
from typing import Final

_FOLDER: Final = Path("generator") / "compact"


def adapted_folder(catalog: Path) -> Path:
    """Return the folder of the compact weights fitted to the catalog in `catalog`; it may not exist."""
    return catalog / _FOLDER


def compact_folder(catalog: Path) -> Path | None:
    """Return the folder of a catalog's own compact weights, or None where it was never adapted."""
    folder = adapted_folder(catalog)
    return folder if folder.is_dir() else None
