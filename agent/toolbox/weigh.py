"""The tool that scores the modalities of a message."""

from collections.abc import Awaitable, Callable

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field

from segue.agent.toolbox.tool import Tool
from segue.tools.importance import ModalityWeights


class WeighInput(BaseModel):
    """A message and what stood before it."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(description="What the listener said.")
    before: str = Field("", description="What the agent said last.")


def weigh_tool(score: Callable[[str, str], Awaitable[ModalityWeights]]) -> BaseTool:
    """Return the tool over `score`."""

    async def weigh(message: str, before: str = "") -> tuple[str, ModalityWeights]:
        weights = await score(message, before)
        return weights.model_dump_json(), weights

    return Tool.from_function(
        coroutine=weigh,
        name="weigh",
        description="Score from 0 to 10 how much each of the nine modalities of a track matters to a message.",
        args_schema=WeighInput,
        response_format="content_and_artifact",
    )
