"""Segue: a conversational music recommender that answers with real tracks from your own catalog.

The names below are the public ones; they are loaded at first use, so that `import segue` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from segue.generator.track import Track
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog
    from segue.tools.search.filters import Filters
    from segue.tools.search.search import search

__version__ = "0.1.0"
__all__ = ["Catalog", "Filters", "Track", "__version__", "default_catalog", "search"]

_HOMES: Final = {
    "Catalog": "segue.tools.catalog.catalog",
    "Filters": "segue.tools.search.filters",
    "Track": "segue.generator.track",
    "default_catalog": "segue.tools.catalog.default",
    "search": "segue.tools.search.search",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module 'segue' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
