"""The agent as suites see it, and how one is opened.

Anything with these methods can be evaluated: another build of Segue, a product's own wrapper, a deliberately broken
agent. `segue eval --agent MODULE:FUNCTION` names a function that returns an `Opener`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from segue.agent.turn import Turn
from segue.evals.named import named
from segue.evals.suites.errors import Problem, SuiteError
from segue.memory.profile import Taste
from segue.tools.catalog.catalog import Catalog


class SuiteAgent(Protocol):
    """What a suite needs of an agent; `segue.agent.music_agent.MusicAgent` has it."""

    async def turn(self, message: str, *, user: str, thread: str) -> Turn:
        """Answer one message."""

    async def taste(self, user: str) -> Taste:
        """Return what is remembered of a listener."""

    async def feedback(self, user: str, thread: str, track: str, kind: Any) -> Any:
        """Take a thumb, a skip or a play of a track that was shown."""

    async def aclose(self) -> None:
        """Write what is pending and let everything go."""


Opener = Callable[[Path], SuiteAgent]
"""Opens an agent that keeps its threads and tastes in a folder; opened again over the same folder it remembers."""
OpenerMaker = Callable[[Catalog], Opener]
"""Makes an opener over a catalog; what is slow to load is loaded here, once."""


def segue_agent(catalog: Catalog) -> Opener:
    """Open Segue's own agent, with the generator that ships."""
    from segue.agent.music_agent import MusicAgent

    def open_agent(folder: Path) -> SuiteAgent:
        agent: SuiteAgent = MusicAgent(catalog=catalog, data=folder)
        return agent

    return open_agent


def agent_named(name: str) -> OpenerMaker:
    """Import "module:function" (SuiteError where there is none)."""
    try:
        found = named(name)
    except ImportError as error:
        raise SuiteError([Problem(Path("--agent"), 0, f"{name!r} cannot be imported: {error}")]) from error
    if not callable(found):
        raise SuiteError([Problem(Path("--agent"), 0, f"{name!r} is no function")])
    maker: OpenerMaker = found
    return maker
