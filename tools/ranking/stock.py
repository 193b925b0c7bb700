"""What the sources draw on of one opened catalog: its indexes, its codes, and the models that read requests.

Everything opens at first use and stays open. Knows how to open things, not how to rank.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from segue.generator.codes import CodeTable
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.layout import CodeLayout
from segue.generator.names import artist_key
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.dense import DenseIndex
from segue.tools.catalog.semantic_ids import open_codes
from segue.tools.importance import ModalityWeights
from segue.tools.importance.score import ModalityImportance
from segue.tools.match_distribution import CodePrior
from segue.tools.ranking.tower import Tower, open_tower
from segue.tools.search.labels import LabelIndex
from segue.tools.search.search import Searcher

Numbers = NDArray[np.int32]


class Distributes(Protocol):
    """The part of a generator that ranking needs: one distribution a dialogue, at once."""

    @property
    def name(self) -> str:
        """How it is called."""

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""

    def distribution(self, dialogue: Dialogue) -> CodeDistribution:
        """Return the distribution for a dialogue."""


@runtime_checkable
class ReadsListeners(Protocol):
    """A generator that also reads a listener's soft token."""

    @property
    def listener_width(self) -> int:
        """Dimensions of the token."""

    def distribution(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> CodeDistribution:
        """Return the distribution for a dialogue and a listener."""


class Weighs(Protocol):
    """Whatever says how much each modality matters to a message."""

    def score(self, message: str, before: str = "") -> ModalityWeights:
        """Score a message; `before` is what was said last."""


class Stock:
    """One opened catalog with what its sources need."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        searcher: Searcher | None = None,
        generator: Distributes | None = None,
        tower: Tower | None = None,
        importance: Weighs | None = None,
    ) -> None:
        """`generator` speaks the codes of this catalog; None: ranking goes without one.

        `tower` and `importance` are by default the shipped ones.
        """
        self.catalog = catalog
        self.searcher = searcher or Searcher(catalog)
        self.generator = generator
        self.tower = tower or Tower.shipped()
        self._importance = importance

    def __len__(self) -> int:
        return len(self.catalog)

    @cached_property
    def codes(self) -> CodeTable:
        """The semantic IDs. Raises what `open_codes` raises."""
        return open_codes(self.catalog)

    @cached_property
    def prior(self) -> CodePrior:
        """How common the codes are in this catalog."""
        return CodePrior.of(self.codes)

    @cached_property
    def importance(self) -> Weighs:
        """What says how much each modality matters to a message."""
        return self._importance or ModalityImportance.load()

    @cached_property
    def tower_index(self) -> DenseIndex | None:
        """The tracks as the two-tower retriever sees them; None where it cannot read the catalog's vectors."""
        return open_tower(self.catalog, self.tower)

    @cached_property
    def artists(self) -> Numbers:
        """A number for the main artist of each track, the same for all spellings of one name: int32 [tracks]."""
        return _numbered(artist_key(artists[0]["name"]) for artists in self._column("artists"))

    @cached_property
    def albums(self) -> Numbers:
        """A number for the album of each track by its main artist, -1 where there is none: int32 [tracks]."""
        names = [artist_key(album or "") for album in self._column("album")]
        numbers = _numbered(f"{artist} {name}" for artist, name in zip(self.artists.tolist(), names, strict=True))
        return np.where([bool(name) for name in names], numbers, np.int32(-1))

    @cached_property
    def years(self) -> Numbers:
        """The year of each track, 0 where it is not known: int32 [tracks]."""
        return np.array([int(text[:4]) if text else 0 for text in self._column("released")], dtype=np.int32)

    @cached_property
    def works(self) -> Numbers:
        """A number for the work of each track: int32 [tracks]."""
        return _numbered(self._column("work_id"))

    @cached_property
    def plain(self) -> NDArray[np.bool_]:
        """Whether a track is a plain recording, not a live one, a remix or the like: bool [tracks]."""
        return np.array([version is None for version in self._column("version")], dtype=bool)

    @cached_property
    def baskets(self) -> csr_matrix:
        """Tracks by the playlists and sessions that hold them, each row of length 1: float32 [tracks, baskets]."""
        numbers: dict[tuple[str, str], int] = {}
        rows: list[int] = []
        columns: list[int] = []
        for position, entries in enumerate(self._column("listened")):
            for basket in {(entry["kind"], entry["id"]) for entry in entries}:
                rows.append(position)
                columns.append(numbers.setdefault(basket, len(numbers)))
        lengths = np.bincount(rows, minlength=len(self)).astype(np.float32)
        values = 1 / np.sqrt(lengths[rows]) if rows else np.zeros(0, np.float32)
        return csr_matrix((values, (rows, columns)), shape=(len(self), max(1, len(numbers))), dtype=np.float32)

    @cached_property
    def labels(self) -> LabelIndex:
        """Which tracks bear which genres, moods and the like."""
        return LabelIndex(self.catalog.table)

    @cached_property
    def popularity(self) -> NDArray[np.float32]:
        """Popularity 0..1, 0 where the catalog says nothing: float32 [tracks]."""
        return np.array([value or 0.0 for value in self._column("popularity")], dtype=np.float32)

    def _column(self, name: str) -> list[Any]:
        return self.catalog.table[name].to_pylist()


def _numbered(keys: Iterable[str]) -> Numbers:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int32)
