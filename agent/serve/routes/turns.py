"""Turns: a message and its answer, as one JSON object or as server-sent events; feedback on tracks; threads."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from segue.agent.m3u import m3u
from segue.agent.music_agent import MusicAgent
from segue.agent.partial import Chosen, Heard, Partial, Said, Step, Weighed
from segue.agent.serve.access import Agent, Called, Served
from segue.agent.serve.events import COMMENT, EVENT, beating, event, streamed
from segue.agent.serve.flight import Flight
from segue.agent.serve.models import (
    FeedbackAnswer,
    FeedbackRequest,
    History,
    ThreadName,
    TurnAnswer,
    TurnRequest,
    UserName,
)
from segue.agent.serve.problems import USUAL, Problem, documented, problem_of
from segue.agent.serve.scope import Scope
from segue.agent.serve.service import Service
from segue.agent.turn import Turn
from segue.memory.plain import plain

router = APIRouter(prefix="/v1", tags=["conversation"], responses=USUAL)
_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"text/event-stream": {"schema": EVENT}},
        "description": "The answer; as server-sent events: what is settled as soon as it is (`step` {node, seconds}, "
        "`heard` {act}, `weights`, `tracks` {tracks}, `said` {text}), then `turn` with the whole, or `error`.",
    }
}
_NOTED: Final = {
    "liked": "Noted: you like {}.",
    "disliked": "Noted: {} will not come again.",
    "skipped": "Noted: you skipped {}.",
    "played": "Noted: you played {}.",
}


@router.post("/turn", response_model=TurnAnswer, responses=_EVENTS)
async def turn(
    asked: TurnRequest, caller: Called, agent: Agent, service: Served, accept: Annotated[str, Header()] = ""
) -> Any:
    """Answer a message."""
    scope = caller.scope(asked.user)
    service.check_room()
    if asked.stream or "text/event-stream" in accept:
        return streamed(_events(service, agent, asked, scope))
    with service.answering() as flight:
        answered = await agent.turn(
            asked.message,
            user=scope.user,
            thread=scope.thread(asked.thread),
            id=asked.id,
            weights=asked.weights,
            personal=asked.personal,
        )
        return seen(flight, scope, answered)


def seen(flight: Flight, scope: Scope, turn: Turn) -> TurnAnswer:
    """Return what the caller sees of a turn, and take it down."""
    flight.answered(turn)
    return TurnAnswer.of(scope.turn(turn))


async def _events(service: Service, agent: MusicAgent, asked: TurnRequest, scope: Scope) -> AsyncGenerator[bytes, None]:
    answering = agent.stream(
        asked.message,
        user=scope.user,
        thread=scope.thread(asked.thread),
        id=asked.id,
        weights=asked.weights,
        personal=asked.personal,
    )
    with service.answering() as flight:
        try:
            async for reached in beating(cast("AsyncGenerator[Partial | Turn, None]", answering)):
                if reached is None:
                    yield COMMENT
                elif isinstance(reached, Turn):
                    yield event(seen(flight, scope, reached).model_dump(mode="json"), "turn")
                else:
                    yield _settled(reached)
        except Exception as error:  # noqa: BLE001 - the status is sent already: the stream tells, and the log keeps it
            flight.failed(type(error))
            yield event(problem_of(error).body.model_dump(), "error")


def _settled(partial: Partial) -> bytes:
    """Return the event that tells a part of the answer."""
    match partial:
        case Step(node, seconds):
            return event({"node": node, "seconds": seconds}, "step")
        case Heard(act):
            return event({"act": act}, "heard")
        case Weighed(weights):
            return event(weights.model_dump(mode="json"), "weights")
        case Chosen(tracks):
            return event({"tracks": [track.model_dump(mode="json") for track in tracks]}, "tracks")
        case Said(text):
            return event({"text": text}, "said")


@router.post("/feedback", responses=documented(404))
async def feedback(asked: FeedbackRequest, caller: Called, agent: Agent) -> FeedbackAnswer:
    """Take in what a listener did with a track: a player calls this, as does a button beside the track."""
    scope = caller.scope(asked.user)
    await agent.feedback(scope.user, scope.thread(asked.thread), asked.track, asked.kind, id=asked.id)
    track = agent.catalog.track(asked.track)
    return FeedbackAnswer(text=_NOTED[asked.kind].format(f"“{plain(track.title)}” by {plain(track.artist)}"))


@router.get("/threads/{thread}/turns")
async def history(thread: ThreadName, user: Annotated[UserName, Query()], caller: Called, agent: Agent) -> History:
    """Return the answered turns of a conversation; none where it has not begun."""
    scope = caller.scope(user)
    turns = await agent.history(scope.thread(thread))
    return History(turns=[TurnAnswer.of(scope.turn(each)) for each in turns])


@router.delete("/threads/{thread}", status_code=204)
async def forget(thread: ThreadName, user: Annotated[UserName, Query()], caller: Called, agent: Agent) -> None:
    """Delete a conversation; what was learnt of the listener stays."""
    await agent.forget_thread(caller.scope(user).thread(thread))


@router.get(
    "/threads/{thread}/playlist.m3u",
    response_class=Response,
    responses={200: {"content": {"audio/x-mpegurl": {"schema": {"type": "string"}}}}, **documented(404)},
)
async def playlist(thread: ThreadName, user: Annotated[UserName, Query()], caller: Called, agent: Agent) -> Response:
    """Return the list that was put together in a conversation, or else the last answer, as extended M3U."""
    ids = await agent.playlist(caller.scope(user).thread(thread))
    tracks = [agent.catalog.track(each) for each in ids if each in agent.catalog]
    if not tracks:
        raise Problem(404, "empty_playlist", "no track has been offered in this conversation yet")
    text, _ = m3u(tracks)
    headers = {"Content-Disposition": 'attachment; filename="segue.m3u"'}
    return Response(text, media_type="audio/x-mpegurl; charset=utf-8", headers=headers)
