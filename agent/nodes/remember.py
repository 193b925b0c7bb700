"""remember: what a message says of the listener becomes taste events, and what it orders is done.

Events are handed to the keeper, which writes them while the answer is already on its way.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from segue.agent.attempt import attempt
from segue.agent.learning import Spoken, learnt, pointed_at
from segue.agent.nodes.hear import shown_tracks
from segue.agent.parts import Parts
from segue.agent.playlist import change
from segue.agent.reply.taste import remembered
from segue.agent.state import State, Update
from segue.agent.turn import Receipt
from segue.agent.wish import Command
from segue.generator.track import Track
from segue.memory.editing import undo

ABOUT_TASTE: Final = frozenset({"never", "unban", "forget", "state", "undo", "show_taste", "erase"})
"""Commands that concern what is remembered; the others concern the list."""
ERASE: Final = (
    "I erase nothing on a word that may be a slip of the tongue. /erase, or `segue taste erase`, deletes all that is "
    "remembered of you and leaves no byte."
)


async def remember(state: State, parts: Parts) -> Update:
    """Learn from the message, and carry out its command."""
    wish, receipts = state["wish"], [*state["receipts"]]
    shown = shown_tracks(state, parts)
    spoken = Spoken(state["id"], state["user"], state["thread"], datetime.now(UTC), wish.text)
    edits = learnt(wish, shown, parts.catalog, spoken)
    events = [event for edit in edits for event in edit.events]
    parts.keeper.record(events)
    receipts += [Receipt(kind="taste", text=edit.receipt.text) for edit in edits]
    if parts.keeper.trouble is not None:
        late = "What I learn of your taste cannot be written just now: it is kept and tried again."
        receipts.append(Receipt(kind="degraded", text=late))
    update: Update = {"events": events, "about": pointed_at(wish, shown)}
    if wish.command is None:
        pass
    elif wish.command.name in ABOUT_TASTE:
        said, failed = await attempt(
            "Looking into what is remembered",
            parts.budgets.remember,
            _about_taste(wish.command, state["user"], f"{spoken.source(0, '', None)['key']}:undo", parts),
            "",
            "nothing was changed",
        )
        receipts += failed
        facts = [said] if said else [edit.receipt.text for edit in edits]
        update["facts"] = facts or ([] if wish.want or failed else ["I did not catch what that is about."])
    else:
        update |= _list(state, wish.command, pointed_at(wish, shown), shown, receipts, parts)
    return {**update, "receipts": receipts}


async def _about_taste(command: Command, user: str, key: str, parts: Parts) -> str:
    """Carry out an order that is no event by itself, and return the answer to it."""
    if command.name == "undo":
        await parts.keeper.settled(user)
        return (await undo(parts.keeper.store, user, key)).text
    if command.name == "show_taste":
        return remembered(await parts.keeper.taste(user))
    return ERASE if command.name == "erase" else ""


def _list(
    state: State,
    command: Command,
    tracks: Sequence[Track],
    shown: Sequence[Track],
    receipts: list[Receipt],
    parts: Parts,
) -> Update:
    ids = state.get("playlist") or []
    listed = [parts.track(track_id) for track_id in ids if track_id in parts.catalog]
    changed = change(ids, command, tracks, shown, listed)
    if changed.unmet:
        receipts.append(Receipt(kind="unmet", text=f"Not done: {changed.unmet}."))
    return {"playlist": changed.ids, "facts": [changed.said]}
