"""For those who run the server: is it alive, can it answer, and how does it do. Needs no key and names nobody."""

from typing import Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from segue.agent.serve.access import Served
from segue.agent.serve.metrics import CONTENT_TYPE
from segue.agent.serve.problems import documented

router = APIRouter(tags=["operations"])
_TEXT: Final = {"content": {"text/plain": {"schema": {"type": "string"}}}}


class Alive(BaseModel):
    """The process runs."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """The agent is loaded."""

    status: Literal["ready"] = "ready"
    tracks: int
    """Tracks in the catalog."""


@router.get("/healthz")
async def healthz() -> Alive:
    """Tell that the process runs; where it does not, start it anew."""
    return Alive()


@router.get("/readyz", responses=documented(503))
async def readyz(service: Served) -> Ready:
    """Tell whether turns are answered: 503 while the agent is loaded, where that failed, and when shutting down."""
    return Ready(tracks=len(service.agent.catalog))


@router.get("/metrics", response_class=Response, responses={200: _TEXT})
async def metrics(service: Served) -> Response:
    """Return figures for Prometheus."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE)
