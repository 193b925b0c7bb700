"""A circuit breaker: after some failures in a row nobody waits for a broken server, until a probe finds it well again.

Probing is somebody else's work, so that no listener's request is risked for it. Knows counts only: no clocks, no HTTP.
"""

from typing import Final

FAILURES: Final = 3


class Breaker:
    """Closed (requests pass) until `failures` in a row; then open until `close`."""

    def __init__(self, failures: int = FAILURES) -> None:
        self._limit = failures
        self._failed = 0
        self.reason = ""
        """What the last failure was."""

    @property
    def is_open(self) -> bool:
        """Whether requests are turned away."""
        return self._failed >= self._limit

    def failed(self, reason: str) -> bool:
        """Count a failure; return whether it is the one that opened the breaker."""
        self._failed += 1
        self.reason = reason
        return self._failed == self._limit

    def close(self) -> None:
        """Forget all failures: the server has answered."""
        self._failed = 0
        self.reason = ""
