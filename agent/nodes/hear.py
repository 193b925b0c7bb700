"""hear: the message and its thread become a wish. What cannot be done as asked gets its receipt right here."""

from typing import Final

import xxhash
from langchain_core.messages import HumanMessage

from segue.agent.attempt import attempt
from segue.agent.hear.chat_model import ChatModelHearer
from segue.agent.parts import Parts
from segue.agent.reply.sentences import missing
from segue.agent.reply.wording import capital
from segue.agent.state import READ, State, Update
from segue.agent.turn import Receipt, stored
from segue.agent.wish import ThreadView, Wish
from segue.generator.track import Track
from segue.tools.search.words import words

LOCAL: Final = "local"
"""Whose taste it is where nobody is named: that of the person at the keyboard."""


async def hear(state: State, parts: Parts) -> Update:
    """Understand the message."""
    # Half of a character, as broken terminals send it, can be neither stored nor shown.
    message = state["message"].encode("utf-8", "replace").decode("utf-8")
    user = state.get("user") or LOCAL
    key = state.get("id") or turn_id(state, user)
    read = message[:READ]
    wish, receipts = await _heard(read, thread_view(state, parts), parts)
    if len(message) > READ:
        receipts.append(Receipt(kind="unmet", text=f"Only the first {READ:,} characters of the message were read."))
    receipts += [Receipt(kind="degraded", text=text) for text in wish.degraded]
    receipts += [Receipt(kind="unmet", text=f"Not applied: {unmet.text}, for {unmet.why}.") for unmet in wish.unmet]
    receipts += [Receipt(kind="missing", text=capital(text)) for text in missing(wish.missing, wish.nearest)]
    return {
        "id": key,
        "user": user,
        "wish": wish,
        "messages": [HumanMessage(content=stored(message), id=f"{key}-message")],
        "receipts": receipts,
    }


async def _heard(read: str, thread: ThreadView, parts: Parts) -> tuple[Wish, list[Receipt]]:
    """Return what the built-in model hears, or a chat model on top of it."""
    wish, receipts = await attempt(
        "Understanding the message",
        parts.budgets.hear,
        parts.run(parts.hearer.hear, read, thread),
        Wish(act="request", text=read),
        "only its words were searched for",
    )
    if parts.reader is None or not words(read):
        return wish, receipts
    work = _reported(parts.reader, read, thread, wish, parts)
    instead = "the message was understood by the built-in model" if not receipts else "it was not heard either"
    wish, failed = await attempt("Hearing by the chat model", parts.budgets.report, work, wish, instead)
    return wish, [*receipts, *failed]


async def _reported(reader: ChatModelHearer, read: str, thread: ThreadView, heard: Wish, parts: Parts) -> Wish:
    report = await reader.report(read, thread)
    return await parts.run(reader.wish, read, thread, report, heard)


def turn_id(state: State, user: str) -> str:
    """Return the id of a turn that came without one: the same when the same message is typed again after a crash."""
    place = f"{state['thread']}\n{state.get('number', 0)}\n{user}\n{state['message']}"
    return xxhash.xxh3_128_hexdigest(place.encode("utf-8", "replace"))


def thread_view(state: State, parts: Parts) -> ThreadView:
    """Return what the thread knows, with its tracks as they stand in the catalog now."""
    past = state.get("past") or []
    standing = state.get("standing")
    return ThreadView(
        before=past[-1]["reply"] if past else "",
        shown=shown_tracks(state, parts),
        wish=Wish.model_validate(standing) if standing else None,
        liked=tuple(state.get("liked") or ()),
        rejected=tuple(state.get("rejected") or ()),
        focus=tuple(
            number
            for number, track_id in enumerate(state.get("last") or (), 1)
            if track_id in (state.get("focus") or ())
        ),
    )


def shown_tracks(state: State, parts: Parts) -> tuple[Track, ...]:
    """Return the tracks of the last answer that had any."""
    return tuple(shown_track(state, parts, number) for number in range(1, len(state.get("last") or ()) + 1))


def shown_track(state: State, parts: Parts, number: int) -> Track:
    """Return a track by its number in the last answer; one that has left the catalog keeps its number and its name."""
    track_id = state["last"][number - 1]
    if track_id in parts.catalog:
        return parts.track(track_id)
    said = state["offered"][track_id]
    return Track.model_validate({"id": track_id, "title": said["title"], "artists": [said["artist"]]})
