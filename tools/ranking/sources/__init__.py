"""The sources of candidates, one file each. Adding one is a file with a `find`, and a line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found
from segue.tools.ranking.sources import (
    co_listened,
    dense,
    facts,
    generated,
    lexical,
    named,
    neighbours,
    thread,
    two_tower,
)

Source = Callable[[Asked, NDArray[np.bool_], int], Found | None]
"""`find(asked, allowed, depth)`: the best `depth` allowed tracks; None where the source has nothing to go by."""

SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "lexical": lexical.find,
        "facts": facts.find,
        "thread": thread.find,
        "dense": dense.find,
        "two-tower": two_tower.find,
        "generator": generated.find,
        "neighbours": neighbours.find,
        "co-listened": co_listened.find,
        "named": named.find,
    }
)
"""Name -> source, in the order in which reasons list them."""
