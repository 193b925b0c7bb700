"""How a generator that may fail does, in plain data. Knows times and outcomes; no servers and no HTTP."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Health:
    """What is known of a generator now; times are seconds since 1970, None where it has not happened yet."""

    turned_away: bool
    """Whether the breaker is open: nobody waits for the generator until a check finds it well again."""
    answered: float | None = None
    """When it last answered, a request or a check."""
    checked: float | None = None
    """When it last was asked for one token to see whether it is well."""
    failed: float | None = None
    """When it last failed, a request or a check."""

    @property
    def up(self) -> bool | None:
        """Whether the last that was heard of it was an answer; None where nothing has been heard yet."""
        if self.turned_away:
            return False
        if self.answered is None:
            return None if self.failed is None else False
        return self.failed is None or self.failed < self.answered


@runtime_checkable
class Watched(Protocol):
    """A generator that may be down while the rest is well."""

    @property
    def state(self) -> Health:
        """How it does, without asking it."""

    async def health(self) -> None:
        """Ask it for one token. Raises what `Generator.generate` raises where it is not well."""
