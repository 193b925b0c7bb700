"""The whole turn, from top to bottom: nodes, routers, wiring, compilation.

    message -> hear -> (chat | question | taste | wish)
      wish:     weigh -> recommend -> remember -> reply      (recommend: generate, match and rank in one call)
      question: look_up -> reply
      taste:    remember -> reply
      chat:     reply

`create_agent` gives a compiled graph for whoever runs graphs (LangGraph's server, Studio, a graph of their own);
`MusicAgent` is the façade that also keeps turns of one thread apart and drains what is remembered.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from segue.agent.nodes.hear import hear
from segue.agent.nodes.look_up import look_up
from segue.agent.nodes.recommend import recommend
from segue.agent.nodes.remember import remember
from segue.agent.nodes.reply import reply
from segue.agent.nodes.weigh import weigh
from segue.agent.parts import Parts, assemble
from segue.agent.state import InputState, OutputState, State, Update
from segue.agent.storage import open_saver
from segue.agent.wish import Wish
from segue.memory.store import TasteStore
from segue.tools.catalog.catalog import Catalog
from segue.tools.ranking.stock import Distributes

Agent = CompiledStateGraph[State, None, InputState, OutputState]
"""A compiled graph of the agent."""


def build(parts: Parts) -> StateGraph[State, None, InputState, OutputState]:
    """Return the graph over `parts`, not compiled yet."""
    graph = StateGraph(State, input_schema=InputState, output_schema=OutputState)
    for node in (hear, weigh, recommend, look_up, remember, reply):
        graph.add_node(node.__name__, step(node, parts))
    graph.add_edge(START, "hear")
    graph.add_conditional_edges("hear", after_hearing)
    graph.add_edge("weigh", "recommend")
    graph.add_edge("recommend", "remember")
    graph.add_edge("look_up", "reply")
    graph.add_edge("remember", "reply")
    graph.add_edge("reply", END)
    return graph


async def after_hearing(state: State) -> Literal["weigh", "look_up", "remember", "reply"]:
    """Choose what kind of turn this is; asynchronous, for LangGraph gives what is not to a thread of its own."""
    wish = state["wish"]
    if wish.clarify:
        return "reply"
    if wish.command is not None and wish.act != "taste":
        return "remember"
    if wish.act == "question":
        return "look_up"
    if wants_tracks(wish):
        return "weigh"
    if wish.act in ("like", "taste", "control"):
        return "remember"
    return "reply"


def wants_tracks(wish: Wish) -> bool:
    """Tell whether a message is to be answered with tracks."""
    if wish.act in ("request", "refine", "more", "dislike"):
        return bool(wish.text.strip())
    # "I love trip hop" says something of the listener, and hopes for some.
    return wish.act == "taste" and (wish.command is None or wish.command.name == "state") and bool(wish.want)


def create_agent(
    *,
    catalog: Catalog | Path | str | None = None,
    generator: Distributes | Literal["default"] | None = "default",
    chat_model: BaseChatModel | None = None,
    store: TasteStore | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    database: str | None = None,
    **settings: Any,
) -> Agent:
    """Return the agent as a compiled graph; takes `{"message": ..., "user": ...}` and gives `{"turn": Turn, ...}`.

    Args:
        catalog: an opened catalog or its folder; by default the catalog that comes with Segue.
        generator: generates semantic IDs; by default the compact generator that fits the catalog; None does without.
        chat_model: puts answers into words, which must pass the verifier; None lets templates speak.
        store: keeps taste; by default a SQLite file in the user's data folder.
        checkpointer: keeps threads; by default a SQLite file in the user's data folder.
        database: address of a Postgres database that keeps taste and threads instead of those files.
        settings: see `assemble`.

    Whoever runs the graph must let the turns of one thread follow each other, as LangGraph's server does; `MusicAgent`
    does it by itself, and writes what is left of a listener's taste when it is closed.
    """
    with ExitStack() as undo:
        if checkpointer is not None:
            saver = checkpointer
        else:
            saver = own = open_saver(settings.get("data"), database)
            undo.callback(own.close)
        parts = assemble(
            catalog=catalog, generator=generator, chat_model=chat_model, store=store, database=database, **settings
        )
        undo.pop_all()
    return build(parts).compile(checkpointer=saver, name="segue")


def step(node: Callable[[State, Parts], Awaitable[Update]], parts: Parts) -> Callable[..., Awaitable[Update]]:
    """Return a node for the graph: `node` with its parts, the name of its thread, and its time measured."""

    async def run(state: State, config: RunnableConfig) -> Update:
        started = time.perf_counter()
        thread = str(config.get("configurable", {}).get("thread_id", ""))
        update = await node({**state, "thread": thread}, parts)
        seconds = {**state.get("seconds", {}), node.__name__: time.perf_counter() - started}
        if "turn" in update:
            update["turn"] = update["turn"].model_copy(update={"seconds": seconds})
        return {**update, "seconds": seconds}

    return run
