"""The parts that the nodes of the graph work with, put together once and handed to each of them.

Knows which parts there are and how to load the usual ones; the graph says in which order they act.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal, Protocol, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from segue.agent.attempt import Budgets
from segue.agent.hear import Hearer
from segue.agent.hear.chat_model import ChatModelHearer
from segue.agent.keeper import TasteKeeper
from segue.agent.listeners import Listeners
from segue.agent.storage import open_store
from segue.agent.toolbox.look_up import look_up_tool
from segue.agent.toolbox.recommend import recommend_tool
from segue.agent.toolbox.weigh import weigh_tool
from segue.agent.tracks import Tracks
from segue.agent.wish import ThreadView, Wish
from segue.generator.errors import QueryError
from segue.memory.profile import Taste
from segue.memory.store import TasteStore
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog
from segue.tools.importance import ModalityWeights
from segue.tools.importance.score import ModalityImportance
from segue.tools.ranking.recommend import Recommendation, Recommender
from segue.tools.ranking.select import Knobs
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.stock import Distributes, Weighs
from segue.tools.search.filters import FilterColumns, Filters
from segue.tools.search.search import Searcher

T = TypeVar("T")
WORKERS: Final = 4
"""Turns that work at the same time; further ones wait for their turn, and their time budgets with them."""
COUNT: Final = 5
"""Tracks in an answer where the listener does not say how many."""
MOST: Final = 50
"""Tracks in an answer at most."""
Hearing = Literal["auto", "built-in", "chat model"]


BUDGETS: Final = Budgets()


class Hears(Protocol):
    """What turns a message into a wish."""

    def hear(self, message: str, thread: ThreadView) -> Wish:
        """Return what `message` asks for, said in that thread."""


class Recommends(Protocol):
    """What finds tracks."""

    def heeds_generator(self, *, first: bool) -> bool:
        """Tell whether the generator can change the order; `first`: of a first message."""

    def recommend(
        self,
        situation: Situation,
        k: int = ...,
        *,
        filters: Filters | None = ...,
        without: Iterable[int] = ...,
        taste: Taste | None = ...,
        context: str | None = ...,
        weights: ModalityWeights | None = ...,
        knobs: Knobs | None = ...,
        wanted: Sequence[str] = ...,
    ) -> Recommendation:
        """Return the `k` best tracks for a situation; `wanted`: labels that were understood to be asked for."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Everything that the nodes need, and nothing of any one turn."""

    catalog: Catalog
    track: Tracks
    """Returns a track by its id, as `Catalog.track`."""
    hearer: Hears
    importance: Weighs
    recommender: Recommends
    keeper: TasteKeeper
    columns: FilterColumns
    """Where the last check of an answer looks whether hard constraints hold."""
    searcher: Searcher
    """Searches the catalog by words alone."""
    pool: ThreadPoolExecutor
    """Where work that computes runs, so that the event loop stays free."""
    tools: Mapping[str, BaseTool]
    """LangChain tools by name, over the parts above."""
    listeners: Listeners | None = None
    """Makes listeners' soft tokens; None where none could act."""
    reader: ChatModelHearer | None = None
    """Hears by the chat model; None where only the built-in model hears."""
    chat_model: BaseChatModel | None = None
    budgets: Budgets = BUDGETS
    count: int = COUNT

    def run(self, work: Callable[..., T], *arguments: object) -> Awaitable[T]:
        """Run a function in the pool."""
        return asyncio.get_running_loop().run_in_executor(self.pool, lambda: work(*arguments))


def default_generator(catalog: Catalog) -> Distributes:
    """Return the compact generator, with the weights that were fitted to the catalog or else with those that ship."""
    from segue.generator.compact_generator import COMPACT
    from segue.generator.shipped import compact_generator
    from segue.tools.catalog.adapted import compact_folder

    return compact_generator(compact_folder(catalog.root) or COMPACT)


def _hearer(catalog: Catalog, searcher: Searcher) -> Hearer:
    hearer = Hearer(catalog, searcher)
    hearer.warm_up()  # so that the first turn is as quick as the others
    return hearer


def _reader(hearer: Hears, chat_model: BaseChatModel | None, hearing: Hearing) -> ChatModelHearer | None:
    """Return what hears by the chat model, where one is to."""
    why = ""
    if hearing == "built-in" or (hearing == "auto" and chat_model is None):
        return None
    if chat_model is None:
        why = "there is none"
    elif not isinstance(hearer, Hearer):
        why = "a hearer of your own was given"
    else:
        try:
            return ChatModelHearer(hearer, chat_model)
        except NotImplementedError:
            why = f"{type(chat_model).__name__} calls no tools"
    if hearing == "chat model":
        raise QueryError(f"the chat model cannot hear: {why}")
    return None


def _recommender(
    catalog: Catalog, generator: Distributes | Literal["default"] | None, searcher: Searcher, importance: Weighs
) -> Recommender:
    chosen = default_generator(catalog) if generator == "default" else generator
    recommender = Recommender(catalog, generator=chosen, searcher=searcher, importance=importance)
    recommender.warm()
    return recommender


def assemble(
    *,
    catalog: Catalog | Path | str | None = None,
    generator: Distributes | Literal["default"] | None = "default",
    chat_model: BaseChatModel | None = None,
    store: TasteStore | None = None,
    data: Path | None = None,
    database: str | None = None,
    hearer: Hears | None = None,
    hearing: Hearing = "auto",
    importance: Weighs | None = None,
    recommender: Recommends | None = None,
    budgets: Budgets = BUDGETS,
    count: int = COUNT,
) -> Parts:
    """Load the parts, which takes seconds; those that are given are taken instead of the usual ones.

    Args:
        catalog: an opened catalog or its folder; by default the catalog that comes with Segue.
        generator: generates semantic IDs for the usual recommender: by default the compact one, with the weights that
            were fitted to the catalog or else with those that ship; None ranks without one, which every answer says.
        chat_model: puts answers into words, which must pass the verifier; one that calls tools also hears.
        store: keeps taste; by default `database`, or else a SQLite file in `data`.
        data: folder of the default store; by default the user's data folder.
        database: address of a Postgres database that keeps taste instead of the folder (the extra `postgres`).
        hearer: understands messages.
        hearing: "auto" lets a chat model that calls tools hear on top of the built-in model, which stands in where it
            fails; "chat model" insists on that (QueryError where it cannot be); "built-in" asks no chat model.
        importance: weighs the modalities.
        recommender: finds tracks.
        budgets: seconds that each part of a turn may take.
        count: tracks in an answer where the listener does not say how many.
    """
    with ExitStack() as undo:  # what was opened here is closed again where a later part cannot be loaded
        if isinstance(catalog, Catalog):
            opened = catalog
        else:
            opened = undo.enter_context(Catalog.open(catalog or default_catalog()))
        searcher = Searcher(opened)
        if store is None:
            store = own = open_store(data, database)
            undo.callback(own.close)
        pool = ThreadPoolExecutor(2 * WORKERS, thread_name_prefix="segue")
        undo.callback(pool.shutdown, wait=False)
        weighs = importance or ModalityImportance.load()
        hears = hearer or _hearer(opened, searcher)
        finds = recommender or _recommender(opened, generator, searcher, weighs)

        def in_pool(work: Callable[..., T]) -> Callable[..., Awaitable[T]]:
            return lambda *given, **named: asyncio.get_running_loop().run_in_executor(
                pool, partial(work, *given, **named)
            )

        tools = (weigh_tool(in_pool(weighs.score)), recommend_tool(in_pool(finds.recommend)), look_up_tool(opened))
        parts = Parts(
            catalog=opened,
            track=Tracks(opened),
            hearer=hears,
            importance=weighs,
            recommender=finds,
            keeper=TasteKeeper(store),
            columns=searcher.columns,
            searcher=searcher,
            pool=pool,
            tools={tool.name: tool for tool in tools},
            listeners=Listeners.of(finds, store),
            reader=_reader(hears, chat_model, hearing),
            chat_model=chat_model,
            budgets=budgets,
            count=count,
        )
        undo.pop_all()
    return parts
