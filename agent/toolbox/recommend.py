"""The tool that finds tracks: generate, match and rank over the whole catalog."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from langchain_core.tools import BaseTool, InjectedToolArg
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from segue.agent.toolbox.tool import Tool
from segue.memory.profile import Taste
from segue.tools.importance import ModalityWeights
from segue.tools.ranking.recommend import Recommendation
from segue.tools.ranking.select import Knobs
from segue.tools.ranking.situation import Situation
from segue.tools.search.filters import Filters

KNOBS = Knobs()


@dataclass(frozen=True, repr=False)
class FromThread:
    """What a search takes from the thread and the listener: not a chat model's to give, nor a trace's to spell out."""

    situation: Situation
    without: tuple[int, ...] = ()
    """Positions that must not be found."""
    taste: Taste | None = None
    weights: ModalityWeights | None = None
    knobs: Knobs = KNOBS
    context: str | None = None
    """When the listener wants it ("gym"), for a taste that depends on that."""
    listener: NDArray[np.float32] | None = None
    """The listener's soft token, for a generator that reads it."""
    wanted: tuple[str, ...] = ()
    """Labels that were understood to be wanted."""

    def __repr__(self) -> str:
        return f"<{len(self.situation.past)} turns, {len(self.without)} tracks left out>"


class RecommendInput(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    request: str = Field(description="What the listener wants to hear, in words.")
    count: int = Field(5, ge=1, le=50, description="How many tracks.")
    filters: Filters = Field(Filters(), description="Hard constraints: what a track must have and must not have.")
    thread: Annotated[FromThread | None, InjectedToolArg] = None


def recommend_tool(recommend: Callable[..., Awaitable[Recommendation]]) -> BaseTool:
    """Return the tool over `recommend`, which takes the arguments of `Recommender.recommend`."""

    async def find(
        request: str, count: int, filters: Filters, thread: FromThread | None = None
    ) -> tuple[str, Recommendation]:
        known = thread or FromThread(Situation(request))
        found = await recommend(
            known.situation,
            count,
            filters=filters,
            without=known.without,
            taste=known.taste,
            weights=known.weights,
            knobs=known.knobs,
            context=known.context,
            wanted=known.wanted,
            # Recommenders that know no soft tokens are never given one.
            **({} if known.listener is None else {"listener": known.listener}),
        )
        content = {"tracks": [each.track.id for each in found.tracks], "degraded": [*found.degraded]}
        return json.dumps(content, ensure_ascii=False), found

    return Tool.from_function(
        coroutine=find,
        name="recommend",
        description="Find tracks of the catalog for a request, with hard constraints.",
        args_schema=RecommendInput,
        response_format="content_and_artifact",
    )
