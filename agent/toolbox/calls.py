"""Calling a tool the way a chat model would, and keeping both halves of the call for the thread.

Call and answer are added to a thread together or not at all: a tool call without its answer makes chat models refuse
the whole conversation.
"""

import json
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.tools import BaseTool

from segue.agent.turn import stored


@dataclass(frozen=True)
class Called:
    """What came of a call."""

    result: Any
    """What the tool returned, as the object that it is."""
    messages: list[AnyMessage]
    """The call and its answer, small enough to be kept."""


async def call(tool: BaseTool, arguments: dict[str, Any], key: str, **injected: Any) -> Called:
    """Call `tool`; `injected` are arguments that no chat model gives, and that no message shows."""
    request = {"name": tool.name, "args": {**arguments, **injected}, "id": key, "type": "tool_call"}
    answer = await tool.ainvoke(request)
    assert isinstance(answer, ToolMessage)
    plain = json.loads(json.dumps(arguments, default=str))
    told = {name: stored(value) if isinstance(value, str) else value for name, value in plain.items()}
    shown = {"name": tool.name, "args": told, "id": key, "type": "tool_call"}
    asked = AIMessage(content="", tool_calls=[shown], id=f"{key}-call")
    kept = ToolMessage(content=answer.content, tool_call_id=key, name=tool.name, id=f"{key}-answer")
    return Called(answer.artifact, [asked, kept])
