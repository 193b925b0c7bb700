"""Keeping the cyclic garbage collector out of long work that makes a million objects and throws none of them away.

Python's collector walks all living objects again whenever their number has grown by a quarter; tracks hold no cycles,
so that at 37,000 of them it takes an eighth of an import and frees nothing. Knows no tracks.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector, and leave it as it was found; what has no cycles is freed at once all the same."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
