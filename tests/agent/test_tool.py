import asyncio
from typing import Annotated, Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import ToolMessage
from langchain_core.tools import InjectedToolArg, StructuredTool
from pydantic import BaseModel, ConfigDict, ValidationError

from segue.agent.toolbox.tool import Tool


class Place(BaseModel):
    name: str = "here"


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: str
    count: int = 5
    place: Place = Place()
    secret: Annotated[object, InjectedToolArg] = None


class Traced(AsyncCallbackHandler):
    """Keeps what a trace is shown of calls."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    async def on_tool_start(self, serialized: dict[str, Any], input_str: str, **named: Any) -> None:
        self.shown.append((input_str, named["inputs"]))


def called(kind: type[StructuredTool], arguments: dict[str, Any]) -> tuple[ToolMessage, dict[str, Any], list[Any]]:
    """Return the message of a call, the arguments that the coroutine got, and what a trace is shown."""
    got: dict[str, Any] = {}

    async def work(**named: Any) -> tuple[str, object]:
        got.update(named)
        return "done", named["secret"]

    tool = kind.from_function(
        coroutine=work, name="work", description="Work.", args_schema=Input, response_format="content_and_artifact"
    )
    traced = Traced()
    request = {"name": "work", "args": arguments, "id": "k", "type": "tool_call"}
    message = asyncio.run(tool.ainvoke(request, {"callbacks": [traced]}))
    assert isinstance(message, ToolMessage)
    return message, got, traced.shown


@pytest.mark.parametrize(
    "arguments",
    [
        {"words": "jazz"},
        {"words": "jazz", "count": "7", "place": {"name": "there"}, "secret": frozenset({3})},
        {"words": "jazz", "place": Place(name="there"), "secret": None},
    ],
)
def test_a_tool_is_called_and_traced_as_langchains_own(arguments: dict[str, Any]) -> None:
    ours, theirs = called(Tool, arguments), called(StructuredTool, arguments)
    assert ours == theirs
    assert ours[1].keys() == Input.model_fields.keys()
    assert [inputs.keys() for _, inputs in ours[2]] == [arguments.keys() - {"secret"}]


@pytest.mark.parametrize("arguments", [{}, {"words": "jazz", "count": "many"}, {"words": "jazz", "volume": 11}])
def test_what_a_schema_refuses_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        called(Tool, arguments)


def test_a_lone_string_stands_for_the_first_argument() -> None:
    async def work(words: str) -> str:
        return words

    class Words(BaseModel):
        words: str

    tool = Tool.from_function(coroutine=work, name="work", description="Work.", args_schema=Words)
    assert asyncio.run(tool.ainvoke("jazz")) == "jazz"
