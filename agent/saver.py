"""Where threads are kept by default: LangGraph's SQLite saver, usable from an event loop.

Commits taste events in the same transaction as the turn that they come from, so that a process killed between the two
loses neither. Knows checkpoints; nothing of what is in them but the name of one channel.
"""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, get_checkpoint_metadata
from langgraph.checkpoint.sqlite import SqliteSaver

from segue.agent.outbox import OUTBOX, USER, OutboxSaver, serializer

WAIT: Final = 60.0
"""Seconds that a writer waits for another process's transaction."""


class ThreadSaver(OutboxSaver, SqliteSaver):
    """Checkpoints in one SQLite file. Safe to share between threads, event loops and processes."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=WAIT, check_same_thread=False)
        # With a write-ahead log, NORMAL survives a killed process; only a power cut may cost the last turns.
        connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
            "CREATE TABLE IF NOT EXISTS outbox (key TEXT PRIMARY KEY, entry TEXT NOT NULL);"
        )
        return cls(connection, serde=serializer())

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self.lock:
            self.conn.close()

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint and what it leaves to be delivered, together or not at all."""
        place = config["configurable"]
        kind, blob = self.serde.dumps_typed(checkpoint)
        about = json.dumps(get_checkpoint_metadata(config, metadata), ensure_ascii=False).encode("utf-8", "ignore")
        entries = checkpoint["channel_values"].get(OUTBOX) or ()
        with self.lock, self.conn:
            self.setup()
            self.conn.execute(
                "INSERT OR REPLACE INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id,"
                " type, checkpoint, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    str(place["thread_id"]),
                    place["checkpoint_ns"],
                    checkpoint["id"],
                    place.get("checkpoint_id"),
                    kind,
                    blob,
                    about,
                ),
            )
            self.conn.executemany(
                "INSERT OR IGNORE INTO outbox (key, entry) VALUES (?, ?)",
                [(entry["key"], json.dumps(entry, ensure_ascii=False)) for entry in entries],
            )
        return {
            "configurable": {
                "thread_id": place["thread_id"],
                "checkpoint_ns": place["checkpoint_ns"],
                "checkpoint_id": checkpoint["id"],
            }
        }

    def undelivered(self) -> list[dict[str, Any]]:
        """Return the entries of the outbox that nobody has delivered, the oldest first."""
        with self.lock:
            rows = self.conn.execute("SELECT entry FROM outbox ORDER BY rowid").fetchall()
        return [json.loads(entry) for (entry,) in rows]

    def delivered(self, keys: Sequence[str]) -> None:
        """Strike entries off the outbox."""
        with self.lock, self.conn:
            self.conn.executemany("DELETE FROM outbox WHERE key = ?", [(key,) for key in keys])

    def erase(self, user: str) -> int:
        """Delete the threads in which a user took part, leaving no byte of them; return how many there were."""
        with self.lock:
            self.setup()
            with self.conn:
                rows = self.conn.execute(
                    "SELECT DISTINCT thread_id FROM checkpoints WHERE json_extract(CAST(metadata AS TEXT), ?) = ?",
                    (f"$.{USER}", user),
                ).fetchall()
                for table in ("checkpoints", "writes"):
                    self.conn.executemany(f"DELETE FROM {table} WHERE thread_id = ?", rows)  # noqa: S608 - our own names
                self.conn.execute("DELETE FROM outbox WHERE json_extract(entry, ?) = ?", (f"$.{USER}", user))
            self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(rows)
