"""What a saver of threads must do beyond LangGraph's: an outbox, erasing, and work from an event loop.

LangGraph's own asynchronous savers belong to the event loop that made them, and its SQLite one takes longer than the
synchronous one; these run the synchronous methods in worker threads. Knows checkpoints, no database.
"""

import asyncio
import zlib
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

OUTBOX: Final = "outbox"
"""The channel whose entries, objects with a `key`, are to be delivered after the turn is saved."""
USER: Final = "user"
"""Key of the user in the metadata of a checkpoint, and in an entry of the outbox."""
_ZLIB: Final = "+zlib"


class _Compressed(JsonPlusSerializer):
    """LangGraph's serializer, compressed: a thread is mostly ids and words that repeat."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, blob = super().dumps_typed(obj)
        return f"{kind}{_ZLIB}", zlib.compress(blob, 1)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, blob = data
        if not kind.endswith(_ZLIB):
            return super().loads_typed(data)
        return super().loads_typed((kind.removesuffix(_ZLIB), zlib.decompress(blob)))


def serializer() -> JsonPlusSerializer:
    """Return what turns checkpoints into bytes; only messages and plain data are ever read back, no other types."""
    return _Compressed(allowed_msgpack_modules=None)


class OutboxSaver(BaseCheckpointSaver[str]):
    """A saver that keeps what a turn leaves to be delivered together with the turn.

    Safe to share between threads, event loops and processes.
    """

    @abstractmethod
    def undelivered(self) -> list[dict[str, Any]]:
        """Return the entries of the outbox that nobody has delivered, the oldest first."""

    @abstractmethod
    def delivered(self, keys: Sequence[str]) -> None:
        """Strike entries off the outbox."""

    @abstractmethod
    def erase(self, user: str) -> int:
        """Delete the threads in which a user took part; return how many there were."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database; a second call does nothing."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint; see `get_tuple`."""
        return await asyncio.to_thread(self.get_tuple, config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield checkpoints, the newest first; see `list`."""

        def listed() -> list[CheckpointTuple]:
            found: Iterator[CheckpointTuple] = self.list(config, filter=filter, before=before, limit=limit)
            return [*found]

        for checkpoint in await asyncio.to_thread(listed):
            yield checkpoint

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint; see `put`."""
        return await asyncio.to_thread(self.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save what a task has written; see `put_writes`."""
        await asyncio.to_thread(self.put_writes, config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread; see `delete_thread`."""
        await asyncio.to_thread(self.delete_thread, thread_id)
