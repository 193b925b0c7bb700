"""The time that a generator has for an answer. Knows clocks only."""

import time

from segue.generator.errors import GenerationTimeout


class Deadline:
    """Seconds from now on; None never passes, 0 or less has passed."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds
        self._stopped = False

    @property
    def remaining(self) -> float | None:
        """Seconds left, 0 at the least; None where the time never ends."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def stop(self) -> None:
        """Let the time be over for whoever checks next, because nobody waits for the answer any more."""
        self._stopped = True

    def check(self) -> None:
        """Raise GenerationTimeout where the time is over."""
        if self._stopped:
            raise GenerationTimeout("nobody waits for this any more")
        if self._end is not None and time.monotonic() >= self._end:
            raise self.passed()

    def passed(self) -> GenerationTimeout:
        """Return the error that says how long the time was."""
        return GenerationTimeout(f"nothing was generated within {self._seconds or 0:g} seconds")
