"""How quickly turns are answered one after another, whatever the machine: what a queue of them means in seconds.

Knows clocks only; whom to refuse is somebody else's decision.
"""

import time
from collections.abc import Callable
from typing import Final

_AT_FIRST: Final = 0.5
"""Seconds, before anything was measured."""
_NEWEST: Final = 0.2
"""Share of the newest measurement."""


class Pace:
    """A moving mean of the seconds between answers while there is something to answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self.seconds = _AT_FIRST

    def begin(self) -> None:
        """Note that there is something to answer again: the idle time before does not count."""
        self._since = self._clock()

    def answered(self) -> None:
        """Note an answer."""
        now = self._clock()
        self.seconds += _NEWEST * (now - self._since - self.seconds)
        self._since = now
