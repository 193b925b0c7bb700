"""The kind of LangChain tool that ours are: over one coroutine that wants its arguments and nothing else.

Knows nothing of what any tool does.
"""

from functools import cached_property
from typing import Any

from langchain_core.tools import StructuredTool
from pydantic import BaseModel


class Tool(StructuredTool):
    """A `StructuredTool` with a pydantic schema that hands its coroutine the arguments as they are.

    LangChain's own asks at every call, by reading annotations anew, whether the coroutine wants a configuration or
    callbacks as well, and which arguments no chat model gives; it also writes all arguments out as plain data, those
    from the thread too, of which it then reads the names. That was most of what a call costs, of which a turn makes
    two. Whoever calls gets the same.
    """

    async def _arun(self, *args: Any, **named: Any) -> Any:
        assert self.coroutine is not None, "our tools are made of coroutines"
        return await self.coroutine(*args, **named)

    @cached_property
    def _schema(self) -> type[BaseModel]:
        assert isinstance(self.args_schema, type), "our tools have pydantic schemas"
        assert issubclass(self.args_schema, BaseModel), "our tools have pydantic schemas"
        return self.args_schema

    @cached_property
    def _hidden(self) -> frozenset[str]:
        """The arguments that no chat model gives, and no trace shows."""
        fields = self._schema.model_fields
        return frozenset(fields) - frozenset(super()._filter_injected_args(fields))

    def _filter_injected_args(self, tool_input: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in tool_input.items() if name not in self._hidden}

    def _parse_input(self, tool_input: str | dict[str, Any], tool_call_id: str | None) -> str | dict[str, Any]:
        if isinstance(tool_input, str):
            return super()._parse_input(tool_input, tool_call_id)
        given = self._schema.model_validate(tool_input)
        return {name: getattr(given, name) for name in self._schema.model_fields}
