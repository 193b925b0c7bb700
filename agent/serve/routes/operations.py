"""For those who run the server: is it alive, can it answer, and how does it do. Needs no key and names nobody."""

import time
from typing import Final, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from segue.agent.serve.access import Served
from segue.agent.serve.metrics import CONTENT_TYPE
from segue.agent.serve.problems import documented
from segue.generator.health import Health

router = APIRouter(tags=["operations"])
_TEXT: Final = {"content": {"text/plain": {"schema": {"type": "string"}}}}


class Alive(BaseModel):
    """The process runs."""

    status: Literal["alive"] = "alive"


class GeneratorState(BaseModel):
    """How the generator behind a server does."""

    up: bool | None
    """Whether the last that was heard of it was an answer; null where nothing has been heard yet."""
    breaker: Literal["closed", "open"]
    """open: turns do not wait for it, until it is well again."""
    answered_seconds_ago: float | None
    checked_seconds_ago: float | None
    """Since it was last asked for one token; it is, whenever it has not answered for 10 seconds."""
    failed_seconds_ago: float | None

    @classmethod
    def of(cls, health: Health) -> Self:
        """Return what is told of a generator's health."""
        return cls(
            up=health.up,
            breaker="open" if health.turned_away else "closed",
            answered_seconds_ago=_ago(health.answered),
            checked_seconds_ago=_ago(health.checked),
            failed_seconds_ago=_ago(health.failed),
        )


def _ago(when: float | None) -> float | None:
    return None if when is None else round(max(0.0, time.time() - when), 1)


class Ready(BaseModel):
    """The agent is loaded and answers."""

    status: Literal["ready", "degraded"]
    """degraded: the generator is down; turns are answered all the same, ranked by search alone, and say so."""
    tracks: int
    """Tracks in the catalog."""
    generator: GeneratorState | None
    """null where the generator is in process, or there is none."""


@router.get("/healthz")
async def healthz() -> Alive:
    """Tell that the process runs; where it does not, start it anew."""
    return Alive()


@router.get("/readyz", responses=documented(503))
async def readyz(service: Served) -> Ready:
    """Tell whether turns are answered: 503 while the agent is loaded, where that failed, and when shutting down.

    A server whose generator is down stays in rotation, for it answers, and its neighbours ask the same generator.
    """
    agent, health = service.agent, service.generator_health()
    status: Literal["ready", "degraded"] = "degraded" if health is not None and health.up is False else "ready"
    state = None if health is None else GeneratorState.of(health)
    return Ready(status=status, tracks=len(agent.catalog), generator=state)


@router.get("/metrics", response_class=Response, responses={200: _TEXT})
async def metrics(service: Served) -> Response:
    """Return figures for Prometheus."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE)
