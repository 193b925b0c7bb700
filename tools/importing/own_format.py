"""Recognises tracks that this program itself exported, which need no guessing: they come back as they were.

Knows the fields of a track and how `segue.tools.catalog.export` writes them.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json

from segue.generator.track import Track

_FIELDS: Final = frozenset(Track.model_fields)
_COLUMNS: Final = _FIELDS - {"kind"}
"""Columns of every exported CSV; those from before there were episodes lack the kind."""
_TEXTS: Final = frozenset(
    {"id", "title", "album", "work_id", "version", "kind", "vocals", "language", "tempo_class", "key", "released"}
)
"""Fields that a CSV export writes as they are; all others are JSON within their cell."""


def own_fields(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the fields of an exported track, or None where the row comes from elsewhere.

    Raises:
        ValueError: a cell of an exported CSV has been damaged since.
    """
    if "work_id" not in values or not _FIELDS.issuperset(values):
        return None
    artists = values.get("artists")
    if isinstance(artists, list):
        return dict(values)
    if not isinstance(artists, str) or not _COLUMNS.issubset(values):
        return None
    return {name: cell if name in _TEXTS else from_json(cell) for name, cell in values.items() if cell != ""}
