"""An event loop in a thread of its own: connections live there, and are used from any loop and any thread.

Knows coroutines; nothing of HTTP.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Starts at once; ends with `close`, or with the process."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()
        self._closed = False

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine; cancelling the future cancels it. Raises RuntimeError once closed."""
        if self._closed:
            work.close()
            raise RuntimeError("this generator has been closed")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await a coroutine from another loop."""
        return await asyncio.wrap_future(self.submit(work))

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancel what runs, run `last` and end the thread; a second call does nothing."""
        if self._closed:
            last.close()
            return
        self._closed = True
        asyncio.run_coroutine_threadsafe(self._end(last), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self, last: Coroutine[Any, Any, None]) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await last
