"""The catalog: single tracks, and search."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from segue.agent.serve.access import Agent, Called
from segue.agent.serve.models import Found, SearchAnswer, Text, TrackId
from segue.agent.serve.problems import USUAL, documented
from segue.generator.track import Track

router = APIRouter(prefix="/v1/tracks", tags=["catalog"], responses=USUAL)


@router.get("")
async def search(
    q: Annotated[Text, Query(min_length=1, max_length=1_000, description="What to look for.")],
    caller: Called,
    agent: Agent,
    k: Annotated[int, Query(ge=1, le=100, description="How many tracks.")] = 10,
) -> SearchAnswer:
    """Find tracks by words, names, years and sounds; nobody's taste has a say in it."""
    found = await agent.parts.run(lambda: agent.parts.searcher.search(q, k=k))
    hits = [Found(track=hit.track, score=hit.score) for hit in found.hits]
    return SearchAnswer(query=found.query, hits=hits, notes=list(found.notes))


@router.get("/{id:path}", responses=documented(404))
async def track(
    id: Annotated[TrackId, Path(description="The id of a track, which may hold slashes.")], caller: Called, agent: Agent
) -> Track:
    """Return everything that the catalog knows of a track."""
    return agent.catalog.track(id)
