"""A smaller part of what is measured on, for those who cannot wait."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def evenly(items: Sequence[Item], limit: int | None) -> list[Item]:
    """Return at most `limit` of the items, evenly spread from the first to the last, in order; all where it is None."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[at] for at in np.linspace(0, len(items) - 1, limit).astype(int)]
