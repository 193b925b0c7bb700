"""How much a caller may send, and how often.

Knows bodies and clocks; nothing of keys or of what is asked.
"""

import math
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.agent.serve.problems import Problem

_MOST_BUCKETS: Final = 10_000


class BodyLimit:
    """Answers 413 to a body of more than `limit` bytes, however it is sent; no more of it is read."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the limit and hand it on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        problem = Problem(413, "body_too_large", f"the body has more than {self._limit:,} bytes")
        # Lengths of more digits than any body has are not converted: that takes long on purpose.
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > self._limit):
            await problem.response()(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # the caller has gone
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                await problem.response()(scope, receive, send)
                return
        given = False

        async def replayed() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replayed, send)


class NoRoom:
    """Refuses turns before anything of them is read, where there is no room: with ten times too many, refusing them
    must cost next to nothing. `check` raises the `Problem`; `paths` are those that turns are sent to."""

    def __init__(self, app: ASGIApp, check: Callable[[], None], paths: frozenset[str]) -> None:
        self._app = app
        self._check = check
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or refuse it."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in self._paths:
            try:
                self._check()
            except Problem as problem:
                scope["route"] = SimpleNamespace(path=scope["path"])  # what figures are kept under
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)


class RateLimit:
    """A bucket of requests per name that fills up steadily: bursts of a quarter of a minute's worth are fine."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow `rate` requests a minute unless a name has a rate of its own."""
        self._rate = rate
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str, rate: int | None = None) -> None:
        """Take one request out of the bucket of `name`.

        Raises:
            Problem: 429, the bucket is empty.
        """
        rate = rate or self._rate
        size = max(1.0, rate / 4)
        now = self._clock()
        left, then = self._buckets.pop(name, (size, now))
        left = min(size, left + (now - then) * rate / 60)
        if left < 1:
            self._buckets[name] = (left, now)
            wait = math.ceil((1 - left) * 60 / rate)
            raise Problem(429, "rate_limited", f"more than {rate} requests a minute", retry_after=wait)
        self._buckets[name] = (left - 1, now)
        while len(self._buckets) > _MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]  # the one that was used least recently
