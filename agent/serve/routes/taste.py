"""What is remembered of a listener: to see, change, take along and delete."""

from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Query

from segue.agent.music_agent import MusicAgent
from segue.agent.naming import subject_named
from segue.agent.reply.taste import remembered
from segue.agent.serve.access import Agent, Called
from segue.agent.serve.models import Change, ErasedAnswer, TasteEdit, TasteEdited, TasteView, UserName
from segue.agent.serve.problems import USUAL, documented
from segue.agent.serve.scope import Scope
from segue.memory import editing
from segue.memory.events import Subject
from segue.memory.taste import Taste

router = APIRouter(prefix="/v1/taste", tags=["taste"], responses=USUAL)
User = Annotated[UserName, Query(description="The listener.")]
_LEANING: Final = 0.7
"""How strongly somebody leans who says no more than that they like something."""


@router.get("")
async def show(user: User, caller: Called, agent: Agent) -> TasteView:
    """Return what a listener likes, avoids and never wants to hear, and which events say so."""
    scope = caller.scope(user)
    taste = scope.taste(await agent.taste(scope.user))
    return TasteView(text=remembered(taste), taste=taste)


@router.patch("", responses=documented(404))
async def edit(asked: TasteEdit, caller: Called, agent: Agent) -> TasteEdited:
    """Change what is remembered; the next answer obeys."""
    scope = caller.scope(asked.user)
    receipts = await changed(agent, scope, asked.changes)
    taste = scope.taste(await agent.taste(scope.user))
    return TasteEdited(text=remembered(taste), taste=taste, receipts=receipts)


@router.delete("")
async def erase(user: User, caller: Called, agent: Agent) -> ErasedAnswer:
    """Delete everything that is remembered of a listener, and their conversations; no byte is left."""
    erased = await agent.erase(caller.scope(user).user)
    return ErasedAnswer(events=erased.events, threads=erased.threads)


@router.get("/export")
async def export(user: User, caller: Called, agent: Agent) -> dict[str, Any]:
    """Return everything that is remembered of a listener, as `segue taste import` reads it."""
    scope = caller.scope(user)
    await agent.settle(scope.user)
    return scope.exported(await agent.parts.keeper.store.export(scope.user))


async def changed(agent: MusicAgent, scope: Scope, changes: tuple[Change, ...]) -> list[str]:
    """Carry out changes in order and return what each did.

    Raises:
        TrackNotFound: a change is about a track that the catalog does not have; none is carried out then.
    """
    for each in changes:
        if each.track is not None:
            agent.catalog.track(each.track)
    receipts = []
    for each in changes:
        if each.change == "undo":
            receipts.append(await agent.undo(scope.user))
        else:
            receipts.append(await agent.edit(_edit(agent, scope, each, await agent.taste(scope.user))))
    return receipts


def _edit(agent: MusicAgent, scope: Scope, asked: Change, taste: Taste) -> editing.Edit:
    subject, name = _subject(agent, asked, taste)
    source: editing.Source = {
        "name": name,
        "context": asked.context,
        "message": f"taste: {asked.change} {name}",
        "key": asked.id or uuid4().hex,
    }
    match asked.change:
        case "like":
            return editing.set_leaning(scope.user, subject, asked.leaning or _LEANING, **source)
        case "dislike":
            return editing.set_leaning(scope.user, subject, asked.leaning or -_LEANING, **source)
        case "never":
            return editing.ban(scope.user, subject, **source)
        case "allow":
            return editing.unban(scope.user, subject, **source)
        case _:
            return editing.forget(scope.user, subject, **source)


def _subject(agent: MusicAgent, asked: Change, taste: Taste) -> tuple[Subject, str]:
    """Return what a change is about, and what it is called."""
    if asked.track is not None:
        track = agent.catalog.track(asked.track)
        return Subject(kind="work", value=track.work_id), f"{track.title} by {track.artist}"
    name = asked.name or ""
    if asked.kind is not None:
        return Subject(kind=asked.kind, value=asked.value or name), name
    return subject_named(name, agent.parts.columns, taste), name
