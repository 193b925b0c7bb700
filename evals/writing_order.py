"""The order in which a sequence generator writes the nine modalities, where it is not that of a semantic ID.

The generator, its layout and its losses know places 0 .. 26 and nothing of what stands there. So an order is tried by
giving the generator codes whose modalities have changed places, and by putting what it says back. Knows places only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segue.generator.distribution import CodeDistribution
from segue.generator.layout import CodeLayout
from segue.generator.modality import LEVELS, MODALITIES, Modality

Item = TypeVar("Item")


@dataclass(frozen=True)
class WritingOrder:
    """The nine modalities as they are written. Raises ValueError where one is missing or stands twice."""

    modalities: tuple[Modality, ...] = MODALITIES

    def __post_init__(self) -> None:
        if sorted(self.modalities) != sorted(MODALITIES):
            raise ValueError(f"an order names each of the nine modalities once, not {', '.join(self.modalities)}")

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """For each written place the place in a semantic ID: int64 [27]."""
        starts = np.array([MODALITIES.index(modality) * LEVELS for modality in self.modalities])
        places: NDArray[np.int64] = (starts[:, None] + np.arange(LEVELS)).reshape(-1)
        return places

    def write(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values [..., 27] that stand as in a semantic ID as they are written."""
        return np.ascontiguousarray(values[..., self.places])

    def read(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values [..., 27] that stand as they are written as in a semantic ID."""
        return np.ascontiguousarray(values[..., np.argsort(self.places)])

    def write_all(self, items: Sequence[Item]) -> list[Item]:
        """Return one thing for each of the 27 places, in the order in which they are written."""
        return [items[place] for place in self.places]

    def layout(self, layout: CodeLayout) -> CodeLayout:
        """Return the layout of the codes as they are written."""
        return CodeLayout(tuple(layout.codewords[MODALITIES.index(modality)] for modality in self.modalities))

    def distribution(self, layout: CodeLayout, written: CodeDistribution) -> CodeDistribution:
        """Return what a generator that writes in this order says, over semantic IDs of `layout`."""
        by_modality = dict(zip(self.modalities, written.modalities, strict=True))
        return CodeDistribution(layout, tuple(by_modality[modality] for modality in MODALITIES))
