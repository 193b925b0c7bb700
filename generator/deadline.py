"""The time that a generator has for an answer. Knows clocks only."""

import time

from segue.generator.errors import GenerationTimeout


class Deadline:
    """Seconds from now on; None never passes, 0 or less has passed."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def check(self) -> None:
        """Raise GenerationTimeout where the time is over."""
        if self._end is not None and time.monotonic() >= self._end:
            raise GenerationTimeout(f"nothing was generated within {self._seconds:g} seconds")
