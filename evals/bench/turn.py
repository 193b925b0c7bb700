"""`segue bench turn`: how long a turn takes, node by node, and what of it is the agent's own.

    segue bench turn --catalog DIR --turns FILE --json

Rows: each node of the real agent, `graph, saver, locks` (what the nodes do not account for), `turn` (all of it), and
`without models`: the same turns with scripted parts, on one long thread, which is the agent's own cost; both also in
processor time, which a busy machine stretches less. The last row is what five empty nodes cost at the same moment.
Milliseconds at the median and the 95th percentile, beside the time that a node's work may take before the turn goes on
without it. Figures: `load_seconds`, `checkpoint_bytes` (what the last turn of the long thread adds to the file) and
`checkpoint_plain_bytes` (before compression).
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final, TypedDict

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row, require_file

if TYPE_CHECKING:
    from segue.agent.music_agent import MusicAgent
    from segue.tools.catalog.catalog import Catalog

MESSAGES: Final = (
    "some mellow 90s rock, nothing too sad", "more like the second one", "something with a woman singing",
    "who sings the first one?", "I love trip hop", "jazz for a dinner party, instrumental", "no, something faster",
    "never play country", "songs like Teardrop by Massive Attack", "when did the third one come out?",
    "dance music from the 70s", "the first one is great", "more", "sad songs in French", "not that one", "thanks!",
    "90s hip hop, no explicit stuff", "three songs about the sea", "what do you know about me?", "upbeat 60s soul",
)  # fmt: skip
ROUND: Final = 5
"""Messages in one thread before the next begins."""


class _Number(TypedDict):
    number: int


def command(
    catalog: Annotated[Path | None, typer.Option(help="A catalog folder; by default the one that comes along.")] = None,
    turns: Annotated[Path | None, typer.Option(help="JSON Lines with a `text` each; ours by default.")] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="Turns of the real agent.")] = 200,
    long: Annotated[int, typer.Option(min=1, help="Turns of the long thread without models.")] = 100,
    generator: Annotated[bool, typer.Option(help="With the default generator.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Time turns of the agent."""
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog

    messages = _messages(turns) if turns else list(MESSAGES)
    with Catalog.open(catalog or default_catalog()) as opened, TemporaryDirectory() as scratch:
        result = asyncio.run(_run(opened, messages, n, long, generator, Path(scratch)))
        data = {"catalog": opened.root.name, "tracks": len(opened), "turns": n, "long thread": long}
    rows, figures = result
    BenchResult(bench="turn", data=data, rows=rows, figures=figures).show(as_json=as_json)


def _messages(path: Path) -> list[str]:
    from segue.generator.json_lines import read_objects

    return [str(line["text"]) for _, line in read_objects(require_file(path))]


async def _run(
    catalog: "Catalog", messages: Sequence[str], n: int, long: int, generator: bool, scratch: Path
) -> tuple[list[Row], dict[str, float]]:
    from segue.agent.fake import fakes
    from segue.agent.music_agent import MusicAgent

    started = time.perf_counter()
    agent = MusicAgent(catalog=catalog, data=scratch / "real", generator="default" if generator else None)
    figures = {"load_seconds": time.perf_counter() - started}
    async with agent:
        spent, degraded = await _timed(agent, messages, n, ROUND)
    budgets = agent.parts.budgets.model_dump()
    rows = [_row(name, values, budgets.get(name)) for name, values in spent.items()]
    figures["degraded_turns"] = degraded
    async with MusicAgent(catalog=catalog, data=scratch / "fake", **fakes(catalog)) as bare:
        without, _ = await _timed(bare, messages, long, long)
        rows.append(_row("without models", without["turn"]))
        rows.append(_row("without models, processor time", without["turn, processor time"]))
        figures |= _sizes(scratch / "fake")
    rows.append(_row("five empty LangGraph nodes, saved", await _empty(scratch / "empty.sqlite", long)))
    return rows, figures


async def _empty(path: Path, turns: int) -> list[float]:
    """Return the seconds of a graph that does nothing five times and is saved: no agent on LangGraph goes below."""
    from langgraph.graph import END, START, StateGraph

    from segue.agent.saver import ThreadSaver

    async def nothing(state: _Number) -> _Number:
        return {"number": state["number"] + 1}

    graph = StateGraph(_Number)
    names = [f"node{number}" for number in range(5)]
    for before, name in zip([START, *names], names, strict=False):
        graph.add_node(name, nothing)
        graph.add_edge(before, name)
    graph.add_edge(names[-1], END)
    saver = ThreadSaver.open(path)
    compiled = graph.compile(checkpointer=saver)
    seconds = []
    for _ in range(turns):
        started = time.perf_counter()
        await compiled.ainvoke({"number": 0}, {"configurable": {"thread_id": "t"}}, durability="exit")
        seconds.append(time.perf_counter() - started)
    saver.close()
    return seconds


async def _timed(
    agent: "MusicAgent", messages: Sequence[str], n: int, round_: int
) -> tuple[dict[str, list[float]], int]:
    """Return the seconds of each node and of the turns, and how many turns were degraded."""
    spent: dict[str, list[float]] = defaultdict(list)
    degraded = 0
    for number in range(n):
        started, worked = time.perf_counter(), time.process_time()
        turn = await agent.turn(
            messages[number % len(messages)], user=f"u{number // 50}", thread=f"t{number // round_}"
        )
        seconds, work = time.perf_counter() - started, time.process_time() - worked
        for node, share in turn.seconds.items():
            spent[node].append(share)
        spent["graph, saver, locks"].append(seconds - sum(turn.seconds.values()))
        spent["turn"].append(seconds)
        spent["turn, processor time"].append(work)
        degraded += bool(turn.degraded)
    for last in ("turn", "turn, processor time"):
        spent[last] = spent.pop(last)
    return spent, degraded


def _row(name: str, seconds: Sequence[float], budget: float | None = None) -> Row:
    milliseconds = 1000 * np.array(seconds)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    metrics = {"n": float(len(seconds)), "p50 ms": float(p50), "p95 ms": float(p95)}
    return Row(name=name, metrics=metrics if budget is None else {**metrics, "budget ms": 1000 * budget})


def _sizes(folder: Path) -> dict[str, float]:
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    from segue.agent.saver import ThreadSaver
    from segue.agent.storage import THREADS

    saver = ThreadSaver.open(folder / THREADS)
    newest = saver.conn.execute(
        "SELECT length(checkpoint) + length(metadata) FROM checkpoints ORDER BY checkpoint_id DESC LIMIT 1"
    ).fetchone()[0]
    loaded = saver.get_tuple({"configurable": {"thread_id": "t0"}})
    saver.close()
    assert loaded is not None
    plain = len(JsonPlusSerializer().dumps_typed(loaded.checkpoint)[1])
    return {"checkpoint_bytes": float(newest), "checkpoint_plain_bytes": float(plain)}
