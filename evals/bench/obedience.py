"""`segue bench obedience`: dialogues that give orders, and how many answers break one.

The same scripts (`segue.evals.obedience_scripts`) are said to the agent and to plain search, and one referee
(`segue.evals.obedience`) judges both by the tracks' own fields. Counted apart are answers in which the agent says that
it cannot apply something of the message, and those that are empty although the catalog has what was asked for.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from segue.evals.bench.result import BenchResult, Row
from segue.evals.bench.simulate import BASELINE

if TYPE_CHECKING:
    from segue.evals.obedience import Line, Verdict
    from segue.evals.suites.agent import Opener
    from segue.evals.suites.truth import Tracks

WORST = 10
"""Broken answers that are told of."""


def command(
    turns: Annotated[int, typer.Option(min=1, help="Turns at least; the last dialogue is finished.")] = 1000,
    seed: Annotated[int, typer.Option(help="Draws the dialogues.")] = 0,
    catalog: Annotated[Path | None, typer.Option(help="A catalog folder, as for `segue chat`.")] = None,
    agent: Annotated[
        str, typer.Option(help="MODULE:FUNCTION that makes agents.")
    ] = "segue.evals.suites.agent:segue_agent",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Give orders in many dialogues, and count the answers that break one."""
    from segue.agent.commands.loading import catalog_folder
    from segue.agent.settings import Settings
    from segue.evals.suites.agent import agent_named
    from segue.tools.catalog.catalog import Catalog

    rows: list[Row] = []
    told: list[str] = []
    with Catalog.open(catalog_folder(catalog, Settings.load())) as opened:
        tracks = {track.id: track for track in opened}
        scripts = drawn(tracks, turns, seed)
        for name in dict.fromkeys((agent, BASELINE)):
            label = "plain search" if name == BASELINE else name.rpartition(":")[2]
            verdicts = asyncio.run(run(agent_named(name)(opened), scripts, tracks))
            rows.append(Row(name=label, metrics=figures(verdicts)))
            if name == agent:
                told = worst(verdicts)
    data = {"tracks": len(tracks), "dialogues": len(scripts), "seed": seed}
    result = BenchResult(bench="obedience", data=data | ({"worst": told} if json_ else {}), rows=rows)
    result.show(as_json=json_)
    if not json_:
        Console().print(*told, sep="\n", markup=False)


def drawn(tracks: "Tracks", turns: int, seed: int) -> "list[list[Line]]":
    """Return dialogues of `turns` turns together, or a few more."""
    from segue.evals.obedience_scripts import Scripts

    scripts = Scripts(tracks.values(), seed)
    found: list[list[Line]] = []
    while sum(len(script) for script in found) < turns:
        found.append(scripts.draw())
    return found


def figures(verdicts: "list[Verdict]") -> dict[str, float]:
    """Return how many answers break an order, and what else is worth knowing of them."""
    broken = [verdict for verdict in verdicts if verdict.broken]
    return {
        "turns": len(verdicts),
        "broken": sum(not verdict.declared for verdict in broken),
        "broken, declared": sum(verdict.declared for verdict in broken),
        "violations": sum(len(verdict.broken) for verdict in broken),
        "declared": sum(verdict.declared for verdict in verdicts),
        "wrongly empty": sum(verdict.empty for verdict in verdicts),
        "rightly empty": sum(v.line.asks and not v.turn.tracks and not v.empty for v in verdicts),
        "tracks": sum(len(verdict.turn.tracks) for verdict in verdicts),
    }


def worst(verdicts: "list[Verdict]") -> list[str]:
    """Return the answers that break most, as text, and behind them the empty ones that need not be."""
    broken = sorted((v for v in verdicts if v.broken), key=lambda v: (v.declared, -len(v.broken)))
    said = [f"{verdict.line.message!r}: {'; '.join(verdict.broken[:3])}" for verdict in broken]
    said += [f"{v.line.message!r}: empty, and {v.possible} tracks fit" for v in verdicts if v.empty]
    return said[:WORST]


async def run(opener: "Opener", scripts: "list[list[Line]]", tracks: "Tracks") -> "list[Verdict]":
    """Say all scripts, each as a listener of its own, to one agent over an empty folder."""
    from segue.evals.obedience import play

    found: list[Verdict] = []
    with tempfile.TemporaryDirectory() as folder:
        agent = opener(Path(folder))
        try:
            for number, script in enumerate(scripts):
                found += await play(agent, script, tracks, f"listener-{number}")
        finally:
            await agent.aclose()
    return found
