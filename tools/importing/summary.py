"""What an import did, in figures that add up: rows = accepted + merged + rejected.

Knows no tracks.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segue.tools.catalog.update import UpdateSummary


@dataclass(slots=True)
class SourceSummary:
    """What became of one source."""

    source: str
    kind: str
    rows: int = 0
    """Rows, files or entries read."""
    accepted: int = 0
    """Rows that made a track or updated one."""
    merged: int = 0
    """Rows that say more about a track that this import has already seen."""
    rejected: int = 0
    """Rows left out, each written to `rejected.jsonl`."""
    cells: int = 0
    """Cells left out of rows that were accepted or merged, each written to `rejected.jsonl`."""
    ignored: dict[str, str] = field(default_factory=dict)
    """Columns that were not used -> why."""
    seconds: float = 0.0


@dataclass(slots=True)
class ImportSummary:
    """What an import did in all."""

    sources: list[SourceSummary]
    update: "UpdateSummary"
    """What changed in the catalog."""
    seconds: float
    """From the first byte read to the new version, embedding included."""
    seconds_apart_from_embedding: float
    """The same without the time that the text encoder took."""
    rows_per_second: float
    """Rows of all sources for each of these seconds."""
    rejected_file: str | None
    """Where the rejections are written down; None where there are none."""
    reasons: dict[str, int]
    """The most frequent reasons of rejections."""
    tracks_with_artist_facts: int = 0
    """Tracks of which the shipped encyclopedia knew more than the sources said."""

    def total(self, name: str) -> int:
        """Return the sum of one of the counts over all sources."""
        return sum(getattr(source, name) for source in self.sources)
