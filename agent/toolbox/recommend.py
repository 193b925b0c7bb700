"""The tool that finds tracks: generate, match and rank over the whole catalog."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool
from pydantic import BaseModel, ConfigDict, Field

from segue.agent.standin import Knobs, Recommendation
from segue.memory.profile import Taste
from segue.tools.importance import ModalityWeights
from segue.tools.ranking.situation import Situation
from segue.tools.search.filters import Filters


class RecommendInput(BaseModel):
    """What is asked for; the fields below `filters` come from the thread and are not a chat model's to give."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    request: str = Field(description="What the listener wants to hear, in words.")
    count: int = Field(5, ge=1, le=50, description="How many tracks.")
    filters: Filters = Field(Filters(), description="Hard constraints: what a track must have and must not have.")
    situation: Annotated[Situation | None, InjectedToolArg] = None
    without: Annotated[tuple[int, ...], InjectedToolArg] = ()
    taste: Annotated[Taste | None, InjectedToolArg] = None
    weights: Annotated[ModalityWeights | None, InjectedToolArg] = None
    knobs: Annotated[Knobs, InjectedToolArg] = Knobs()


def recommend_tool(recommend: Callable[..., Awaitable[Recommendation]]) -> BaseTool:
    """Return the tool over `recommend`, which takes the arguments of `Recommender.recommend`."""

    async def find(
        request: str,
        count: int = 5,
        filters: Filters = Filters(),  # noqa: B008 - frozen
        **thread: Any,
    ) -> tuple[str, Recommendation]:
        situation = thread.pop("situation", None) or Situation(request)
        found = await recommend(situation, count, filters, **thread)
        content = {"tracks": [each.track.id for each in found.tracks], "degraded": [*found.degraded]}
        return json.dumps(content, ensure_ascii=False), found

    return StructuredTool.from_function(
        coroutine=find,
        name="recommend",
        description="Find tracks of the catalog for a request, with hard constraints.",
        args_schema=RecommendInput,
        response_format="content_and_artifact",
    )
