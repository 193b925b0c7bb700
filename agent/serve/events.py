"""Server-sent events: how they are written, and how a connection stays open while an answer is on its way."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

import anyio
from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Send

T = TypeVar("T")
BEAT: Final = 10.0
"""Seconds without an event after which a comment is sent, so that no proxy takes the connection for dead."""
EVENT: Final = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
"""What OpenAPI says of an event; `data` is JSON."""
COMMENT: Final = b": still here\n\n"


def event(data: Any, name: str | None = None) -> bytes:
    """Return one event with JSON data."""
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False), event=name)


def done() -> bytes:
    """Return the event with which OpenAI's streams end."""
    return format_sse_event(data_str="[DONE]")


def streamed(events: AsyncGenerator[bytes, None]) -> StreamingResponse:
    """Return a response that sends events as they come, past proxies that would rather collect them."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _Closing(events, media_type="text/event-stream", headers=headers)


class _Closing(StreamingResponse):
    """Closes its source whenever it ends.

    Who leaves while an event is being sent would else leave the source suspended, and the turn behind it would run on
    until the garbage collector comes by.
    """

    async def stream_response(self, send: Send) -> None:
        """Send all events, then close the source."""
        try:
            await super().stream_response(send)
        finally:
            # The scope around this is cancelled when the listener has left: without a shield nothing could be awaited.
            with anyio.CancelScope(shield=True):
                await cast("AsyncGenerator[bytes, None]", self.body_iterator).aclose()


async def beating(source: AsyncGenerator[T, None], every: float = BEAT) -> AsyncGenerator[T | None, None]:
    """Yield what `source` yields, and None whenever it has been silent for `every` seconds."""
    coming: asyncio.Task[T] | None = None
    try:
        while True:
            if coming is None:
                coming = asyncio.create_task(_next(source))
            done, _ = await asyncio.wait({coming}, timeout=every)
            if not done:
                yield None
                continue
            reached, coming = coming, None
            try:
                item = reached.result()
            except StopAsyncIteration:
                return
            yield item
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming
        await source.aclose()


async def _next(source: AsyncGenerator[T, None]) -> T:
    return await anext(source)
