"""`segue bench simulate`: simulated listeners talk to the agent, and to plain search on their last message beside it.

Both face the same listeners: the same hidden tracks, personas and seeds. What the figures mean stands in
`segue.evals.simulator.session`. With `--at-once` it is a load test: turns of many listeners wait for each other, and
`turns/s` and the percentiles say for how long.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segue.evals.bench.result import BenchResult, Row
from segue.evals.named import named

if TYPE_CHECKING:
    from segue.evals.simulator.simulate import ListenerMaker, Part, Simulation
    from segue.evals.suites.agent import Opener
    from segue.evals.suites.truth import Tracks

BASELINE = "segue.evals.simulator.baseline:last_message"


def command(
    listeners: Annotated[int, typer.Option(min=1, help="Sessions.")] = 30,
    turns: Annotated[int, typer.Option(min=1, help="Turns in a session at most.")] = 8,
    at_once: Annotated[int, typer.Option(min=1, help="Sessions at the same time.")] = 1,
    seed: Annotated[int, typer.Option(help="Draws the hidden tracks and the listeners' choices.")] = 0,
    catalog: Annotated[Path | None, typer.Option(help="A catalog folder, as for `segue chat`.")] = None,
    agent: Annotated[
        str, typer.Option(help="MODULE:FUNCTION that makes agents.")
    ] = "segue.evals.suites.agent:segue_agent",
    model: Annotated[
        str | None, typer.Option(help="MODULE:FUNCTION that returns a LangChain chat model to play the listeners.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write one JSON line per session.")] = None,
    by_persona: Annotated[bool, typer.Option("--by-persona", help="A row for each kind of listener as well.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Let simulated listeners talk to the agent, and to plain search beside it."""
    from segue.agent.commands.loading import catalog_folder
    from segue.agent.settings import Settings
    from segue.evals.simulator.simulate import by_rules, cast, figures
    from segue.evals.suites.agent import agent_named
    from segue.tools.catalog.catalog import Catalog

    make: ListenerMaker = by_rules if model is None else played_by(model)
    rows: list[Row] = []
    with Catalog.open(catalog_folder(catalog, Settings.load())) as opened:
        tracks = {track.id: track for track in opened}
        parts = cast(tracks, listeners, seed)
        for name in dict.fromkeys((agent, BASELINE)):
            simulation = asyncio.run(_run(agent_named(name)(opened), tracks, parts, make, turns, at_once))
            label = "plain search" if name == BASELINE else name.rpartition(":")[2]
            rows.append(Row(name=label, metrics=figures(simulation)))
            rows += [
                Row(name=f"  {persona}", metrics=figures(_of(simulation, persona)))
                for persona in dict.fromkeys(session.persona for session in simulation.sessions if by_persona)
            ]
            if out and name == agent:
                out.write_text("".join(f"{session.model_dump_json()}\n" for session in simulation.sessions), "utf-8")
    data = {
        "tracks": len(tracks), "listeners": listeners, "turns": turns, "at once": at_once, "seed": seed,
        "played by": model or "rules",
    }  # fmt: skip
    BenchResult(bench="simulate", data=data, rows=rows).show(as_json=json_)


def played_by(name: str) -> "ListenerMaker":
    """Return what makes listeners that a chat model plays (BadParameter where there is no such model)."""
    from langchain_core.language_models import BaseChatModel

    from segue.evals.simulator.chat_listener import ChatListener

    try:
        make = named(name)
    except ImportError as error:
        raise typer.BadParameter(f"{name!r} gives no chat model: {error}") from error
    model = make() if callable(make) else make
    if not isinstance(model, BaseChatModel):
        raise typer.BadParameter(f"{name!r} gives a {type(model).__name__} and no chat model")
    return lambda goal, persona, guard, seed: ChatListener(model, goal, persona, guard)


async def _run(
    opener: "Opener", tracks: "Tracks", parts: "list[Part]", make: "ListenerMaker", turns: int, at_once: int
) -> "Simulation":
    from segue.evals.simulator.simulate import simulate

    with tempfile.TemporaryDirectory() as folder:
        agent = opener(Path(folder))
        try:
            return await simulate(agent, tracks, parts, make=make, turns=turns, at_once=at_once)
        finally:
            await agent.aclose()


def _of(simulation: "Simulation", persona: str) -> "Simulation":
    sessions = tuple(session for session in simulation.sessions if session.persona == persona)
    return simulation._replace(sessions=sessions, leaked=0)
