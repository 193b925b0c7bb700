"""Segue: a conversational music recommender that answers with real tracks from your own catalog.

The names below are the public ones; they are loaded at first use, so that `import segue` costs nothing.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from segue.agent.graph import create_agent
    from segue.agent.music_agent import MusicAgent
    from segue.agent.turn import Turn
    from segue.generator.track import Track
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog
    from segue.tools.search.filters import Filters
    from segue.tools.search.search import search

__version__ = "0.1.0"
__all__ = [
    "Catalog",
    "Filters",
    "MusicAgent",
    "Track",
    "Turn",
    "__version__",
    "create_agent",
    "default_catalog",
    "search",
]

# A library speaks through its results; whoever wants the log of what failed sets up a handler.
logging.getLogger(__name__).addHandler(logging.NullHandler())

_HOMES: Final = {
    "Catalog": "segue.tools.catalog.catalog",
    "Filters": "segue.tools.search.filters",
    "MusicAgent": "segue.agent.music_agent",
    "Track": "segue.generator.track",
    "Turn": "segue.agent.turn",
    "create_agent": "segue.agent.graph",
    "default_catalog": "segue.tools.catalog.default",
    "search": "segue.tools.search.search",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module 'segue' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
