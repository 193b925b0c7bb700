"""What a catalog knows of the subjects of taste: the semantic IDs of a track, or of tracks that stand for an artist, a
genre, a mood, a voice, a language or a decade.

This is how a listener's vector reads events without knowing catalogs (`memory.listener.history.CodesOf`). Of a subject
with many tracks some are taken, evenly spread over the catalog. Knows one opened catalog.
"""

import re
from functools import lru_cache
from typing import Final

import numpy as np

from segue.generator.codes import CodeTable
from segue.generator.layout import Codes
from segue.generator.modality import POSITIONS
from segue.generator.track import KINDS
from segue.memory.events import Subject, era_key
from segue.tools.catalog.catalog import Catalog
from segue.tools.search.filters import FilterColumns, Filters

STANDING: Final = 16
"""Tracks that stand for anything but a track."""
_FIELDS: Final = {
    "artist": "artists", "genre": "genres", "sound": "genres", "mood": "moods", "vocals": "vocals",
    "language": "languages",
}  # fmt: skip
"""Kinds of subjects by the filter that finds them; of other kinds a catalog says nothing here."""
_DECADE: Final = re.compile(r"(\d{3})0s")


class ListenerCodes:
    """Callable as a `CodesOf`. Answers are remembered, for listeners lean to the same things."""

    def __init__(self, catalog: Catalog, codes: CodeTable, columns: FilterColumns | None = None) -> None:
        self._catalog = catalog
        self._codes = codes
        self._columns = columns or FilterColumns(catalog.table)
        self._standing = lru_cache(4_096)(self._find)

    def __call__(self, subject: Subject) -> Codes:
        """Return uint8 [any, 27]; none where the catalog knows nothing of the subject."""
        if subject.kind == "track":
            position = self._catalog.positions.get(subject.value)
            rows = np.zeros(0, dtype=np.int64) if position is None else np.array([position])
            return self._codes.codes(rows) if len(rows) else np.zeros((0, POSITIONS), dtype=np.uint8)
        return self._standing(subject.kind, subject.value)

    def _find(self, kind: str, value: str) -> Codes:
        filters = Filters()
        if kind in _FIELDS:
            filters = Filters.model_validate({_FIELDS[kind]: (value,), "kinds": KINDS if kind == "artist" else ()})
        elif kind == "era" and (decade := _DECADE.fullmatch(era_key(value))):
            first = 10 * int(decade[1])
            filters = Filters(year_from=first, year_to=first + 9)
        if not filters:
            return np.zeros((0, POSITIONS), dtype=np.uint8)
        rows = np.flatnonzero(self._columns.apply(filters)[0])
        if len(rows) > STANDING:
            rows = rows[np.linspace(0, len(rows) - 1, STANDING).astype(np.int64)]
        return self._codes.codes(rows) if len(rows) else np.zeros((0, POSITIONS), dtype=np.uint8)
