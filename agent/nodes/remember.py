"""remember: what a message says of the listener becomes taste events, and what it orders is done.

Events are handed to the keeper, which writes them while the answer is already on its way.
"""

from datetime import UTC, datetime

from segue.agent.attempt import attempt
from segue.agent.learning import Source, learnt, pointed_at
from segue.agent.nodes.hear import shown_track
from segue.agent.parts import Parts
from segue.agent.playlist import change
from segue.agent.reply.taste import remembered, told
from segue.agent.state import State, Update
from segue.agent.turn import Receipt
from segue.agent.wish import Wish
from segue.generator.track import Track
from segue.memory.events import Subject

_NOTHING = Subject(kind="genre", value="nothing")
"""What an undoing is about before it is known."""
_OF_TASTE = frozenset({"never", "unban", "forget", "state", "undo", "show_taste", "erase"})


async def remember(state: State, parts: Parts) -> Update:
    """Learn from the message, and carry out its command."""
    wish, receipts = state["wish"], [*state["receipts"]]
    shown = [shown_track(state, parts.catalog, number) for number in range(1, len(state.get("last") or ()) + 1)]
    source = Source(state["id"], state["user"], state["thread"], datetime.now(UTC), wish.text)
    events = learnt(wish, shown, parts.catalog, source)
    parts.keeper.record(events)
    receipts += [Receipt(kind="taste", text=told(event)) for event in events]
    if parts.keeper.trouble is not None:
        late = "What I learn of your taste cannot be written just now: it is kept and tried again."
        receipts.append(Receipt(kind="degraded", text=late))
    update: Update = {"events": events, "about": pointed_at(wish, shown)}
    if wish.command is not None and wish.act in ("taste", "control"):
        if wish.command.name in _OF_TASTE:
            said, failed = await attempt(
                "Looking into what is remembered",
                parts.budgets.remember,
                _taste_order(wish, state["user"], source, parts),
                "",
                "nothing was changed",
            )
            receipts += failed
            update["facts"] = [said] if said else [receipt.text for receipt in receipts if receipt.kind == "taste"]
        else:
            update |= _playlist_order(state, wish, shown, receipts)
    return {**update, "receipts": receipts}


async def _taste_order(wish: Wish, user: str, source: Source, parts: Parts) -> str:
    """Carry out an order that is no event by itself, and return the answer to it."""
    assert wish.command is not None
    if wish.command.name == "undo":
        await parts.keeper.settled(user)
        undone = await parts.keeper.store.undo(user, source.event(0, "undone", _NOTHING).key)
        return (
            f"Taken back: {'; '.join(told(event) for event in undone)}" if undone else "There is nothing to take back."
        )
    if wish.command.name == "show_taste":
        return remembered(await parts.keeper.taste(user))
    if wish.command.name == "erase":
        return (
            "I erase nothing on a word that may be a slip of the tongue. /erase, or `segue taste erase`, deletes all "
            "that is remembered of you and leaves no byte."
        )
    return ""


def _playlist_order(state: State, wish: Wish, shown: list[Track], receipts: list[Receipt]) -> Update:
    assert wish.command is not None
    changed = change(state.get("playlist") or [], wish.command, pointed_at(wish, shown), shown)
    if changed.unmet:
        receipts.append(Receipt(kind="unmet", text=f"Not done: {changed.unmet}."))
    return {"playlist": changed.ids, "facts": [changed.said]}
