"""Labels: which tracks bear what a wish names, whatever field it stands in.

A wish for "sad piano music" names a mood and an instrument, and a catalog may keep "sad" among its moods or its tags.
Retrieval by text finds what sounds like the words; this tells what has them. Knows columns; no ranking.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segue.generator.names import fold

FIELDS: Final = ("genres", "moods", "themes", "activities", "instruments", "tags")
"""Columns of labels."""


class LabelIndex:
    """The labels of one catalog, folded once. A label is borne by whoever has one that contains its words in order."""

    def __init__(self, table: pa.Table) -> None:
        """Read the columns of a catalog's table (`parquet.SCHEMA`)."""
        self._count = table.num_rows
        bearers: dict[str, set[int]] = {}
        folded: dict[str, str] = {}
        for field in FIELDS:
            for position, labels in enumerate(table[field].to_pylist()):
                for label in labels or ():
                    if label not in folded:
                        folded[label] = f" {fold(label)} "
                    bearers.setdefault(folded[label], set()).add(position)
        self._bearers = {label: np.array(sorted(found), dtype=np.int64) for label, found in bearers.items()}

    def share(self, wanted: Iterable[str]) -> NDArray[np.float32]:
        """Return for each track which share of the wanted labels it bears: float32 [tracks], 0 to 1.

        Labels that no track bears do not count; where none is left, all is 0.
        """
        total = np.zeros(self._count, dtype=np.float32)
        known = 0
        for label in dict.fromkeys(f" {fold(value)} " for value in wanted):
            found = [positions for borne, positions in self._bearers.items() if label in borne]
            if label.strip() and found:
                known += 1
                total[np.unique(np.concatenate(found))] += 1
        return total / np.float32(max(known, 1))
