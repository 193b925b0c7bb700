"""Whose things are whose: names that a tenant gives its listeners and threads, as the agent and the store know them.

"ana" of one tenant and "ana" of another are two listeners, and a thread belongs to one listener. Names are joined with
their lengths, so that no two pairs of names are joined to one. Pure; knows neither HTTP nor the agent.
"""

from dataclasses import dataclass
from typing import Any, Final

from segue.agent.turn import Turn
from segue.memory.taste import Taste

LOCAL: Final = "local"
"""The tenant of a server without keys."""
MAX_TENANT: Final = 32
MAX_USER: Final = 96
MAX_THREAD: Final = 64
"""Characters; a joined thread fits into `segue.memory.events.MAX_ID`."""


@dataclass(frozen=True)
class Scope:
    """One listener of one tenant."""

    tenant: str
    """Letters, digits, "_", "-" and "." only (`keys.py`): never a colon."""
    name: str
    """The listener as the tenant calls them."""

    @property
    def user(self) -> str:
        """The listener as the agent knows them; on a server without keys as `segue chat` and `segue taste` do."""
        return self.name if self.tenant == LOCAL else f"{self.tenant}:{self.name}"

    def thread(self, name: str) -> str:
        """Return the thread `name` of this listener as the agent knows it."""
        return f"{self.tenant}:{len(self.name)}:{self.name}:{name}"

    def bare(self, thread: str | None) -> str | None:
        """Return the name that the tenant gave a thread."""
        return None if thread is None else thread.removeprefix(self.thread(""))

    def turn(self, turn: Turn) -> Turn:
        """Return a turn under the names that the tenant gave."""
        return turn.model_copy(update={"user": self.name, "thread": self.bare(turn.thread)})

    def taste(self, taste: Taste) -> Taste:
        """Return a taste under the name that the tenant gave."""
        return taste.model_copy(update={"user": self.name})

    def exported(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return an exported taste (`segue.memory.transfer`) under the names that the tenant gave."""
        events = [{**event, "user": self.name, **self._renamed(event)} for event in data["events"]]
        return {**data, "user": self.name, "events": events}

    def _renamed(self, event: dict[str, Any]) -> dict[str, Any]:
        return {"thread": self.bare(event["thread"])} if "thread" in event else {}
