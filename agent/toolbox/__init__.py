"""The agent's tools as LangChain tools: thin, with pydantic schemas, each over one plain function.

The nodes call them by name, so that every use stands in the thread as a tool call with its tool message, where tracing
and LangGraph Studio show it; a chat model may be given the same tools.
"""
