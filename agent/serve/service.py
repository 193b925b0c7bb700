"""The agent behind the server: loaded while the server answers already, and never asked more than it can do."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from segue.agent.music_agent import MusicAgent
from segue.agent.parts import WORKERS
from segue.agent.serve.flight import Flight
from segue.agent.serve.metrics import Metrics
from segue.agent.serve.pace import Pace
from segue.agent.serve.problems import Problem
from segue.generator.errors import SegueError
from segue.generator.health import Health, Watched

WAIT: Final = 4.0
"""Seconds that a turn may have to wait before the agent begins with it: few answers then take more than the ten seconds
that the budgets of a turn's parts add up to."""
CHECK: Final = 10.0
"""Seconds without an answer of a generator behind a server after which it is asked for one token."""
_log = logging.getLogger(__name__)


class Service:
    """Holds the agent; belongs to one event loop."""

    def __init__(
        self,
        load: Callable[[], MusicAgent],
        *,
        turns: int,
        wait: float = WAIT,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Hold the agent that `load` returns; `failed` is told why it cannot.

        At most `turns` are in flight, and none is let in that would wait for more than about `wait` seconds.
        """
        self._load = load
        self._failed = failed
        self._most = turns
        self._wait = wait
        self._pace = Pace()
        self._agent: MusicAgent | None = None
        self._loading: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self.failure: Exception | None = None
        """Why the agent could not be loaded."""
        self.closing = False
        self.metrics = Metrics(self.generator_health)
        self.turns = 0
        """Turns in flight."""

    def start(self) -> None:
        """Begin to load the agent, in a thread of its own: it takes seconds."""
        self._loading = asyncio.create_task(self._loaded())

    async def _loaded(self) -> None:
        try:
            self._agent = await asyncio.to_thread(self._load)
            self.metrics.tracks.set(len(self._agent.catalog))
            if isinstance(self._agent.generator, Watched):
                self._watching = asyncio.create_task(self._watched(self._agent.generator))
        except Exception as error:  # noqa: BLE001 - logged, told by /readyz and to whoever runs the server
            self.failure = error
            _log.error("the agent could not be loaded", exc_info=error)
            if self._failed is not None:
                self._failed(error)

    async def _watched(self, generator: Watched) -> None:
        """Keep knowing how the generator does while nobody talks; what it says is kept in its state."""
        while True:
            state = generator.state
            quiet = state.answered is None or time.time() - state.answered >= CHECK
            if quiet and not state.turned_away:  # else its own checks are under way
                try:
                    await generator.health()
                except SegueError as error:
                    _log.warning("the generator is not well: %s", error)
            await asyncio.sleep(CHECK)

    def generator_health(self) -> Health | None:
        """Return how the generator does; None where it is in process, or there is none."""
        generator = None if self._agent is None else self._agent.generator
        return generator.state if isinstance(generator, Watched) else None

    async def loaded(self) -> None:
        """Wait until the agent is there, or is known not to come."""
        if self._loading is not None:
            await self._loading

    @property
    def agent(self) -> MusicAgent:
        """The agent.

        Raises:
            Problem: 503, it is not there (any more).
        """
        if self.closing:
            raise Problem(503, "shutting_down", "the server is shutting down", retry_after=5)
        if self.failure is not None:
            raise Problem(503, "not_loaded", "the agent could not be loaded; the log says why")
        if self._agent is None:
            raise Problem(503, "loading", "the agent is still being loaded", retry_after=2)
        return self._agent

    def check_room(self) -> None:
        """Refuse a turn where too many wait already: an answer now is better than one too late.

        Raises:
            Problem: 503.
        """
        waiting = self._pace.seconds * max(0, self.turns - WORKERS + 1)
        if self.turns >= self._most or waiting > self._wait:
            said = f"{self.turns} turns are in flight already; try again"
            raise Problem(503, "overloaded", said, retry_after=max(1.0, waiting / 2))

    @contextmanager
    def answering(self) -> Iterator[Flight]:
        """Count a turn as in flight; what is yielded takes the answer down."""
        if self.turns == 0:
            self._pace.begin()
        self.turns += 1
        try:
            with Flight(self.metrics) as flight:
                yield flight
            self._pace.answered()
        finally:
            self.turns -= 1

    async def aclose(self) -> None:
        """Let in no more, and close the agent, which writes what waits to be written."""
        self.closing = True
        await self.loaded()
        if self._watching is not None:
            self._watching.cancel()
        if self._agent is not None:
            await self._agent.aclose()
