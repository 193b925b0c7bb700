"""Which thread a list of messages goes on with: OpenAI's clients send the whole conversation and no name for it.

A conversation is recognised by a hash of everything that was said before its last message. One that is not recognised
(the server was started anew, an earlier message was edited, an answer was asked for again) is read again from its
messages, in a thread of its own and as nobody's: what it says of taste was learnt when it was said. Kept in memory, for
it can be found out again. Knows messages and threads; runs no turns.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from segue.agent.serve.openai import ChatMessage

_REMEMBERED: Final = 20_000
REREAD: Final = 8
"""Messages of a conversation that is not recognised that are read again: the last ones."""


@dataclass(frozen=True)
class Place:
    """Where a message belongs."""

    thread: str
    reread: tuple[str, ...] = ()
    """Earlier messages of the listener that the thread does not know yet, the oldest first."""


class Conversations:
    """Finds the threads of conversations."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, tuple[str, int]] = OrderedDict()
        """Hash of a conversation -> its thread, and how many messages of the listener that had then."""
        self._lengths: OrderedDict[str, int] = OrderedDict()
        """How many messages of the listener each thread has now."""

    def place(self, owner: str, messages: Sequence[ChatMessage]) -> Place:
        """Return where the last of `messages` belongs.

        Args:
            owner: whose conversation it is; nobody else's is ever found.
            messages: the conversation, with the new message at the end.
        """
        earlier = [message.text for message in messages[:-1] if message.role == "user"]
        if not earlier:
            return Place(f"chat-{uuid4().hex}")
        known = self._places.get(_digest(owner, messages[:-1]))
        if known is not None and self._lengths.get(known[0]) == known[1]:
            return Place(known[0])
        return Place(f"chat-{uuid4().hex}", tuple(earlier[-REREAD:]))

    def remember(self, owner: str, messages: Sequence[ChatMessage], answer: str, thread: str) -> None:
        """Note that `messages` were answered in a thread."""
        length = sum(message.role == "user" for message in messages)
        whole = [*messages, ChatMessage(role="assistant", content=answer)]
        self._places[_digest(owner, whole)] = (thread, length)
        self._lengths[thread] = length
        self._lengths.move_to_end(thread)
        for kept in (self._places, self._lengths):
            while len(kept) > _REMEMBERED:
                kept.popitem(last=False)


def _digest(owner: str, messages: Sequence[ChatMessage]) -> str:
    """Hash what listener and agent said; white space at the ends is lost on the way through some clients."""
    heard = [(each.role, each.text.strip()) for each in messages if each.role in ("user", "assistant")]
    return hashlib.sha256(json.dumps([owner, heard]).encode()).hexdigest()
