"""`segue adapt CATALOG --feedback ...`: the order of recommendations, refitted to what listeners liked."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from segue.generator.errors import QueryError

if TYPE_CHECKING:
    from segue.tools.ranking.feedback import LoggedTurn
    from segue.tools.ranking.refit import Placing, Refit

STORED = "stored"
"""What stands for the conversations and the taste that the settings name."""


def refit_order(catalog: Path, feedback: str) -> None:
    """Refit the order of a catalog to `feedback`, and keep it where it is no worse on what was held out."""
    from segue.agent.commands.progress import stages
    from segue.agent.parts import default_generator
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.ranking.adapted_order import save_order
    from segue.tools.ranking.feedback import feedback_turns
    from segue.tools.ranking.ranker import Rankers
    from segue.tools.ranking.refit import refit
    from segue.tools.ranking.sources import SOURCES
    from segue.tools.ranking.stock import Stock

    console = Console(stderr=True)
    log = read_feedback(feedback)
    with Catalog.open(catalog) as opened:
        turns = list(feedback_turns(log, opened.positions))
        console.print(
            f"{len(log):,} turns of {len({turn.thread for turn in log}):,} threads, {len(turns):,} to learn from: "
            "a new track of this catalog was liked, and others were not"
        )
        stock = Stock(opened, generator=default_generator(opened))
        with stages() as advance:
            shipped = Rankers.shipped(tuple(SOURCES))
            result = refit(stock, turns, shipped, lambda done, total: advance("asking the sources", 1, total))
        for line in told(result):
            console.print(line)
        fitted = result.fitted
        if fitted is None or not fitted.kept:
            return
        about = {
            "pull": fitted.pull,
            "held_out": {"turns": result.held, "shipped": asdict(fitted.before), "own": asdict(fitted.after)},
        }
        folder = save_order(opened, fitted.rankers, turns=result.learnt, about=about)
    console.print(f"kept: this catalog is ranked by its own order now, {folder}")


def shipped_order(catalog: Path) -> None:
    """Let the shipped order rank a catalog again."""
    from segue.tools.catalog.adapted import forget_order
    from segue.tools.catalog.catalog import Catalog

    with Catalog.open(catalog) as opened:
        removed = forget_order(opened.root)
    Console(stderr=True).print(
        "the shipped order ranks this catalog again" if removed else "this catalog has no order of its own"
    )


def read_feedback(place: str) -> "list[LoggedTurn]":
    """Return the log in a file, in a folder of conversations and taste, or where the settings keep them (`STORED`).

    Raises:
        SourceError: a file that is no log.
        QueryError: there is no such place.
    """
    from segue.agent.settings import Settings
    from segue.agent.storage import TASTE, THREADS
    from segue.tools.ranking.feedback import read_log

    if place == STORED:
        settings = Settings.load()
        return asyncio.run(_stored(**settings.kept(None)))
    path = Path(place)
    if path.is_file():
        return read_log(path)
    if not (path / THREADS).is_file() or not (path / TASTE).is_file():
        raise QueryError(f"{place} is neither a file of turns nor a folder of conversations and taste ({THREADS})")
    return asyncio.run(_stored(path, None))


async def _stored(data: Path, database: str | None) -> "list[LoggedTurn]":
    from segue.agent.storage import open_saver, open_store
    from segue.agent.stored_feedback import stored_feedback

    store, saver = open_store(data, database), open_saver(data, database)
    try:
        return await stored_feedback(saver, store)
    finally:
        saver.close()
        await store.aclose()


def told(result: "Refit") -> list[str]:
    """Return what came of a refit in plain words."""
    from segue.tools.ranking.refit import LEAST, LEAST_HELD

    split = f"{result.learnt} turns to learn from and {result.held} held out ({result.groups})"
    fitted = result.fitted
    if fitted is None:
        return [f"{split}: too little, at least {LEAST} and {LEAST_HELD} are needed. Nothing was changed."]
    lines = [
        f"{split}; pull towards the shipped weights {fitted.pull:g}",
        f"held out, shipped order:   {_line(fitted.before)}",
        f"held out, refitted order:  {_line(fitted.after)}",
    ]
    if not fitted.kept:
        lines.append("The refitted order is worse on what was held out. Nothing was changed.")
    return lines


def _line(placing: "Placing") -> str:
    return f"MRR {placing.mrr:.3f}, Hit@1 {placing.hit_1:.3f}, Hit@10 {placing.hit_10:.3f}"
