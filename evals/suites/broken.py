"""Agents that are broken on purpose, each in one way, around an agent that works.

What they are for: suites that let them pass are no suites. `segue eval --agent segue.evals.suites.broken:ignores_bans`
runs one against the shipped dialogues. All of them answer fluently and play real tracks, as broken agents do.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from segue.agent.turn import ShownTrack, Turn
from segue.evals.suites.agent import Opener, SuiteAgent, segue_agent
from segue.evals.suites.fake import shown
from segue.evals.suites.obedience import broken
from segue.generator.track import Track
from segue.memory.events import attributes_of
from segue.memory.profile import Taste
from segue.tools.catalog.catalog import Catalog
from segue.tools.search.filters import Filters


class _Around:
    """Passes everything on to the agent inside."""

    def __init__(
        self, inner: SuiteAgent, tracks: Callable[[], Sequence[Track]], kept: dict[str, tuple[ShownTrack, ...]]
    ) -> None:
        self._inner = inner
        self._tracks = tracks
        self._kept = kept
        """Outlives a restart."""

    async def turn(self, message: str, *, user: str, thread: str) -> Turn:
        """Answer as the agent inside does."""
        return await self._inner.turn(message, user=user, thread=thread)

    async def taste(self, user: str) -> Taste:
        """Remember what the agent inside does."""
        return await self._inner.taste(user)

    async def feedback(self, user: str, thread: str, track: str, kind: Any) -> Any:
        """Pass it on."""
        return await self._inner.feedback(user, thread, track, kind)

    async def aclose(self) -> None:
        """Close the agent inside."""
        await self._inner.aclose()


class IgnoresBans(_Around):
    """Hears and remembers what is ruled out, and plays it all the same."""

    async def turn(self, message: str, *, user: str, thread: str) -> Turn:
        """Put a track that is ruled out in the first place, if there is one."""
        turn = await super().turn(message, user=user, thread=thread)
        if not turn.tracks:
            return turn
        taste = await self.taste(user)
        heard = turn.wish.filters
        unwanted = Filters(**{name: getattr(heard, name) for name in Filters.model_fields if name[:8] == "without_"})

        def forbidden(track: Track) -> bool:
            if broken(unwanted, track):
                return True
            return bool(taste.bans) and taste.is_banned(attributes_of(track), track.id)

        bad = next(filter(forbidden, self._tracks()), None)
        if bad is None:
            return turn
        rest = [track for track in turn.tracks[1:] if track.id != bad.id]
        return turn.model_copy(update={"tracks": _numbered([*shown(bad), *rest])})


class Forgets(_Around):
    """Takes every conversation for that of a stranger."""

    async def turn(self, message: str, *, user: str, thread: str) -> Turn:
        """Answer somebody else."""
        return await super().turn(message, user=f"{user}-{thread}", thread=thread)

    async def taste(self, user: str) -> Taste:
        """Know nobody."""
        return Taste(user=user)


class Repeats(_Around):
    """Plays what it has played before."""

    async def turn(self, message: str, *, user: str, thread: str) -> Turn:
        """Play the thread's first tracks again wherever there are to be any."""
        turn = await super().turn(message, user=user, thread=thread)
        if not turn.tracks:
            return turn
        return turn.model_copy(update={"tracks": self._kept.setdefault(thread, turn.tracks)})


def around(inner: Callable[[Catalog], Opener], kind: type[_Around]) -> Callable[[Catalog], Opener]:
    """Return what opens broken agents around those that `inner` opens."""

    def make(catalog: Catalog) -> Opener:
        opener = inner(catalog)
        tracks = cache(lambda: list(catalog))  # a second for a large catalog, and most need none
        kept: dict[str, tuple[ShownTrack, ...]] = {}

        def open_agent(folder: Path) -> SuiteAgent:
            return kind(opener(folder), tracks, kept)

        return open_agent

    return make


def _numbered(tracks: list[ShownTrack]) -> tuple[ShownTrack, ...]:
    return tuple(track.model_copy(update={"number": number}) for number, track in enumerate(tracks, 1))


ignores_bans = around(segue_agent, IgnoresBans)
"""Segue, but ignoring what is ruled out."""
forgets = around(segue_agent, Forgets)
"""Segue, but forgetful."""
repeats = around(segue_agent, Repeats)
"""Segue, but repeating itself."""
