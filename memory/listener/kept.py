"""Vectors of listeners as they are kept between turns, and what a store must do to keep them.

A vector is personal data like the events that it is made of: it stands in the same file, is exported with them and
erased with them. It is never the truth: whoever finds it outdated makes a new one from the events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from segue.memory.events import TasteEvent


@dataclass(frozen=True, eq=False)
class KeptVector:
    """A listener's vector, and what it was made by and from."""

    version: str
    """`ListenerModel.version`."""
    state: str
    """Of the listener's log (`VectorStore.state`)."""
    computed: datetime
    """In UTC; what was heard fades, and the vector with it."""
    values: NDArray[np.float32]
    """float32 [d]."""

    def holds(self, version: str, state: str, before: datetime) -> bool:
        """Return whether it is of this model and log, and was computed at `before` or later."""
        return self.version == version and self.state == state and self.computed >= before


@runtime_checkable
class VectorStore(Protocol):
    """The part of a store of taste that vectors need; see `TasteStore` for what is true of every call."""

    async def events(self, user: str) -> tuple[TasteEvent, ...]:
        """Return all events of a listener, by time."""

    async def state(self, user: str) -> str:
        """Return what differs between any two states of a listener's log."""

    async def vector(self, user: str) -> KeptVector | None:
        """Return the vector kept of a listener, whatever it was made from."""

    async def keep_vectors(self, vectors: Mapping[str, KeptVector]) -> None:
        """Keep vectors in place of those before; of listeners without events none is kept.

        Raises:
            TasteStoreBusy: others hold the store; nothing was stored.
        """

    async def outdated(self, version: str, before: datetime) -> tuple[str, ...]:
        """Return the listeners with events whose vector does not hold (`KeptVector.holds`), or who have none."""
