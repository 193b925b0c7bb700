"""Chat completions as OpenAI's clients ask for them."""

import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import uuid4

from fastapi import APIRouter, Request

from segue.agent.music_agent import MusicAgent
from segue.agent.partial import Partial, Said
from segue.agent.serve.access import Agent, Called, Caller, Served
from segue.agent.serve.conversations import Conversations, Place
from segue.agent.serve.events import COMMENT, EVENT, beating, done, event, streamed
from segue.agent.serve.flight import Flight
from segue.agent.serve.models import TurnAnswer
from segue.agent.serve.openai import (
    ChatMessage,
    ChatRequest,
    Choice,
    Completion,
    CompletionMessage,
    Models,
    chunk,
    pieces,
    said,
)
from segue.agent.serve.problems import USUAL, documented, problem_of
from segue.agent.serve.routes.turns import seen
from segue.agent.serve.scope import Scope
from segue.agent.serve.service import Service
from segue.agent.turn import Receipt, Turn
from segue.tools.importance import ModalityWeights

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], responses=USUAL)
_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"text/event-stream": {"schema": EVENT}},
        "description": "The completion; with `stream`, chunks as server-sent events, the last of which has `segue`.",
    }
}


@dataclass(frozen=True)
class _Job:
    """A completion that is to be made."""

    service: Service
    agent: MusicAgent
    conversations: Conversations | None
    """Where the conversation is noted; None where the caller has named the thread."""
    scope: Scope
    owner: str
    """Whose conversation it is: the same for all who are not named."""
    place: Place
    messages: Sequence[ChatMessage]
    weights: ModalityWeights | None
    personal: bool

    async def reread(self) -> None:
        """Tell the thread what was said before; of a named listener nothing is learnt, for it was when it was said."""
        named = self.owner == self.scope.user
        reader = Scope(self.scope.tenant, f"reread {self.place.thread}") if named else self.scope
        for message in self.place.reread:
            await self.agent.turn(message, user=reader.user, thread=self.scope.thread(self.place.thread))

    def finished(self, flight: Flight, turn: Turn) -> tuple[TurnAnswer, str]:
        """Return an answer and its text, and note where the conversation goes on."""
        answer = seen(flight, self.scope, turn)
        if self.place.reread:
            told = Receipt(kind="applied", text=f"Read again: {len(self.place.reread)} earlier messages.")
            answer = answer.model_copy(update={"receipts": (*answer.receipts, told)})
        text = said(answer)
        if self.conversations is not None:
            self.conversations.remember(self.owner, self.messages, text, self.place.thread)
        return answer, text


@router.get("/models")
async def models(caller: Called) -> Models:
    """Return the models that can be asked for: one."""
    return Models()


@router.post("/chat/completions", response_model=Completion, responses={**_EVENTS, **documented(404)})
async def completions(asked: ChatRequest, request: Request, caller: Called, agent: Agent, service: Served) -> Any:
    """Answer the last message of a conversation."""
    job = _job(asked.checked(), request.app.state.conversations, caller, agent, service)
    service.check_room()
    id, created = f"chatcmpl-{uuid4().hex}", int(time.time())
    if asked.stream:
        return streamed(_chunks(job, id, created))
    with service.answering() as flight:
        await job.reread()
        turn = await agent.turn(
            job.messages[-1].text,
            user=job.scope.user,
            thread=job.scope.thread(job.place.thread),
            weights=job.weights,
            personal=job.personal,
        )
        answer, text = job.finished(flight, turn)
    choice = Choice(message=CompletionMessage(content=text))
    return Completion(id=id, created=created, choices=[choice], segue=answer)


def _job(asked: ChatRequest, conversations: Conversations, caller: Caller, agent: MusicAgent, service: Service) -> _Job:
    named = asked.user or asked.safety_identifier
    thread = asked.segue.thread
    kept = conversations if thread is None else None
    owner = caller.scope(named or "").user
    place = Place(thread) if thread is not None else conversations.place(owner, asked.messages)
    scope = caller.scope(named or f"nobody {place.thread}")
    return _Job(service, agent, kept, scope, owner, place, asked.messages, asked.segue.weights, asked.segue.personal)


async def _chunks(job: _Job, id: str, created: int) -> AsyncGenerator[bytes, None]:
    with job.service.answering() as flight:
        try:
            yield event(chunk(id, created, {"role": "assistant", "content": ""}))
            told = ""
            async for reached in beating(_answering(job)):
                if reached is None:
                    yield COMMENT
                elif isinstance(reached, Said):
                    piece = f" {reached.text}" if told else reached.text
                    told += piece
                    yield event(chunk(id, created, {"content": piece}))
                elif isinstance(reached, Turn):
                    answer, text = job.finished(flight, reached)
                    for piece in pieces(text.removeprefix(told)):
                        yield event(chunk(id, created, {"content": piece}))
                    yield event(chunk(id, created, {}, "stop", segue=answer.model_dump(mode="json")))
            yield done()
        except Exception as error:  # noqa: BLE001 - the status is sent already: the stream tells, and the log keeps it
            flight.failed(type(error))
            yield event(problem_of(error).body.model_dump())


async def _answering(job: _Job) -> AsyncGenerator[Partial | Turn, None]:
    await job.reread()
    answering = job.agent.stream(
        job.messages[-1].text,
        user=job.scope.user,
        thread=job.scope.thread(job.place.thread),
        weights=job.weights,
        personal=job.personal,
    )
    async for reached in cast("AsyncGenerator[Partial | Turn, None]", answering):
        yield reached
