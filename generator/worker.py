"""One thread in which a generator works, so that an event loop goes on while it does.

Calls are worked off in the order in which they came. A caller whose deadline passes is told so at once, also while
others are still before it, and what nobody waits for any more ends at its next look at the clock. Knows deadlines and
threads; nothing of music.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from segue.generator.deadline import Deadline

Result = TypeVar("Result")


class Worker:
    """A thread and its queue. Raises RuntimeError for calls that come, or are still queued, once it is closed."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"segue-{name}")
        self._closed = False

    async def run(self, function: Callable[[Deadline], Result], deadline: Deadline) -> Result:
        """Return what `function` returns; it is called in the thread and must check the deadline as it goes.

        Raises GenerationTimeout where the deadline passes first, and whatever the function raises.
        """
        if self._closed:
            raise RuntimeError("this generator has been closed")
        future = asyncio.wrap_future(self._pool.submit(self._call, function, deadline))
        try:
            async with asyncio.timeout(deadline.remaining):
                return await future
        except TimeoutError:
            raise deadline.passed() from None
        finally:
            # After an answer this changes nothing; after a timeout or a cancelled task it frees the thread.
            deadline.stop()

    async def aclose(self) -> None:
        """Let the running call end, turn the waiting ones away and end the thread; a second call does nothing."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)

    def _call(self, function: Callable[[Deadline], Result], deadline: Deadline) -> Result:
        if self._closed:
            raise RuntimeError("this generator was closed before it came to this request")
        deadline.check()
        return function(deadline)
