"""What conversations and taste logs hold of how answers were received, as a log to learn the order from.

A thread keeps its newest turns in each checkpoint; all its checkpoints together hold every turn, with the ratings that
the tracks have had since. A rating that its listener has taken back, by undoing it or by forgetting what it was about,
is left out. Who was erased is in neither. Knows checkpoints and stores, no order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from langgraph.checkpoint.base import BaseCheckpointSaver

from segue.agent.outbox import USER
from segue.memory.events import TasteEvent
from segue.memory.profile import fold, ordered
from segue.memory.store import TasteStore
from segue.tools.ranking.feedback import LoggedTurn

RATINGS: Final = frozenset({"liked", "disliked", "skipped"})


@dataclass
class _Thread:
    """One conversation as it is read, the newest checkpoint first."""

    turns: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By number, as `agent.state.PastTurn`."""
    users: dict[int, str] = field(default_factory=dict)


async def stored_feedback(saver: BaseCheckpointSaver[Any], store: TasteStore) -> list[LoggedTurn]:
    """Return all turns of all threads, each thread in its order."""
    threads: dict[str, _Thread] = {}
    async for saved in saver.alist(None):
        name = str(saved.config["configurable"]["thread_id"])
        _read(threads.setdefault(name, _Thread()), saved.checkpoint["channel_values"], saved.metadata)
    users = {user for thread in threads.values() for user in thread.users.values()}
    gone = {user: taken_back(await store.events(user)) for user in sorted(users)}
    return [turn for name, thread in threads.items() for turn in _logged(name, thread, gone)]


def _read(thread: _Thread, values: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    past, number = values.get("past") or [], values.get("number") or 0
    for place, turn in enumerate(past, number - len(past) + 1):
        thread.turns.setdefault(place, turn)
    user = metadata.get(USER) or (values.get("answer") or {}).get("user")
    if number and isinstance(user, str):
        thread.users.setdefault(number, user)


def _logged(name: str, thread: _Thread, gone: Mapping[str, frozenset[str]]) -> Iterable[LoggedTurn]:
    left_out = frozenset[str]().union(*(gone[user] for user in thread.users.values()))
    for number in sorted(thread.turns):
        turn = thread.turns[number]
        yield LoggedTurn(
            thread=name,
            user=thread.users.get(number, ""),
            message=turn["message"],
            reply=turn["reply"],
            shown=tuple(turn["shown"]),
            liked=tuple(track for track in turn["liked"] if track not in left_out),
            disliked=tuple(track for track in turn["disliked"] if track not in left_out),
        )


def taken_back(events: Iterable[TasteEvent]) -> frozenset[str]:
    """Return the tracks that a listener has rated, and whose ratings no longer stand."""
    events = ordered(events)
    rated = {event.subject.value for event in events if event.kind in RATINGS and event.subject.kind == "track"}
    if not rated:
        return frozenset()
    taste = fold(events, events[-1].time)
    return frozenset(rated - {*taste.liked, *taste.disliked, *taste.skipped})
