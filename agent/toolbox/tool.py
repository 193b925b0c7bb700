"""The kind of LangChain tool that ours are: over one coroutine that wants its arguments and nothing else.

Knows nothing of what any tool does.
"""

from typing import Any

from langchain_core.tools import StructuredTool


class Tool(StructuredTool):
    """A `StructuredTool` that hands its coroutine the arguments as they are.

    LangChain's own asks at every call, by reading annotations anew, whether the coroutine wants a configuration or
    callbacks as well: a quarter of what a call costs, of which a turn makes two.
    """

    async def _arun(self, *args: Any, **named: Any) -> Any:
        assert self.coroutine is not None, "our tools are made of coroutines"
        return await self.coroutine(*args, **named)
