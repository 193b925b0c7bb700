"""Edits of the profile: each becomes an event, and a receipt that says in a sentence what has changed.

    edit = ban("ana", Subject(kind="genre", value="Christmas"), name="Christmas music")
    receipt = await apply(store, edit)
    print(receipt.text)    # I'll never play Christmas music again.

A listener can see and change what is remembered, and the very next answer obeys (as in the taste profiles of Spotify's
generative recommender). Knows events and stores, not how a wish to edit was worded.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypedDict, Unpack
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from segue.memory.events import EventKind, Subject, TasteEvent
from segue.memory.plain import listed, plain
from segue.memory.store import TasteStore

_MOST_NAMED: Final = 3
"""Things that the receipt of an undoing names."""


class Receipt(BaseModel):
    """What an edit did, for the listener to read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    """A plain sentence; what it names is safe to show (`plain.plain`)."""
    keys: tuple[str, ...]
    """Keys of the events that say so; () where nothing has changed."""


@dataclass(frozen=True)
class Edit:
    """An edit that is yet to be stored: whoever stores its events keeps the promise of its receipt."""

    events: tuple[TasteEvent, ...]
    receipt: Receipt


class Source(TypedDict, total=False):
    """Where an edit comes from; every part may be left out."""

    name: str
    """The subject for people; by default as spelt."""
    context: str | None
    """Where it holds; by default always."""
    thread: str | None
    message: str
    time: datetime
    """With a time zone; by default now."""
    key: str
    """Idempotency key; by default a new one, so that the same edit may be made twice."""


def ban(user: str, subject: Subject, **source: Unpack[Source]) -> Edit:
    """Never play `subject` again: a track, a work (all versions of a song) or anything that music can be."""
    return _edit(user, "banned", subject, "I'll never play {name}{context} again.", source)


def unban(user: str, subject: Subject, **source: Unpack[Source]) -> Edit:
    """Lift the ban on `subject`: in its context, or without one in all of them."""
    return _edit(user, "unbanned", subject, "I may play {name}{context} again.", source)


def forget(user: str, subject: Subject, **source: Unpack[Source]) -> Edit:
    """Forget what was said or inferred about `subject`, a ban included: in its context, or without one in all of them.

    The events stay in the log, so that it can be undone; to leave no trace, `TasteStore.erase` everything.
    """
    return _edit(user, "forgotten", subject, "I've forgotten what I knew about you and {name}{context}.", source)


def set_leaning(user: str, subject: Subject, leaning: float, **source: Unpack[Source]) -> Edit:
    """Set how much a listener likes `subject`, from -1, hates it, to 1, loves it; 0 has no opinion.

    It replaces what was known, a ban included where it is above 0.

    Raises:
        pydantic.ValidationError: `leaning` is no number from -1 to 1.
    """
    text = f"Noted: you {_verb(leaning)} {{name}}{{context}}."
    return _edit(user, "stated", subject, text, source, leaning)


def _verb(leaning: float) -> str:
    if leaning == 0:
        return "have no opinion about"
    if leaning > 0:
        return "love" if leaning >= 0.8 else "like"
    return "hate" if leaning <= -0.8 else "don't like"


async def apply(store: TasteStore, edit: Edit) -> Receipt:
    """Store an edit and return its receipt. Delivered again under the same key it changes nothing, and says the same.

    Raises:
        TasteStoreBusy: it was not stored.
    """
    await store.append(edit.events)
    return edit.receipt


async def undo(store: TasteStore, user: str, key: str | None = None) -> Receipt:
    """Take back a listener's newest change (`TasteStore.undo`), and return what was taken back."""
    undone = await store.undo(user, key)
    if not undone:
        return Receipt(text="There is nothing to undo.", keys=())
    said = list(dict.fromkeys(_said(event) for event in undone))
    more = len(said) - _MOST_NAMED
    named = [*said[:_MOST_NAMED], *([f"{more} more"] if more > 0 else ())]
    return Receipt(text=f"Taken back: {listed(named)}.", keys=tuple(event.key for event in undone))


def _edit(user: str, kind: EventKind, subject: Subject, text: str, source: Source, leaning: float = 0.0) -> Edit:
    event = TasteEvent(
        key=source.get("key") or uuid4().hex,
        user=user,
        thread=source.get("thread"),
        time=source.get("time") or datetime.now(UTC),
        kind=kind,
        subject=subject,
        name=source.get("name", ""),
        leaning=leaning,
        context=source.get("context"),
        message=source.get("message", ""),
    )
    text = text.format(name=_named(event), context=_where(event))
    return Edit((event,), Receipt(text=text, keys=(event.key,)))


def _named(event: TasteEvent) -> str:
    return plain(event.shown) or "that"


def _where(event: TasteEvent) -> str:
    """Return the context as the end of a clause: " (gym)"."""
    context = plain(event.context or "")
    return f" ({context})" if context else ""


def _said(event: TasteEvent) -> str:
    """Return what an event said, as something that can be taken back: "that you like jazz"."""
    name = f"{_named(event)}{_where(event)}"
    match event.kind:
        case "liked":
            return f"that you like {name}"
        case "disliked":
            return f"that you don't like {name}"
        case "skipped":
            return f"that you skipped {name}"
        case "stated":
            return f"that you {_verb(event.leaning)} {name}"
        case "banned":
            return f"the ban on {name}"
        case "unbanned":
            return f"lifting the ban on {name}"
        case "forgotten":
            return f"forgetting about {name}"
        case "played" | "undone":
            raise ValueError(f"{event.kind!r} is no change that is taken back by name")
