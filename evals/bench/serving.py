"""`segue bench serving`: what a server does with ten times its load, and with a generator that fails.

First part, with the default generator: more and more listeners ask at once, which finds the peak of goodput (good turns
a second, see `serving_trials`); then ten times as many turns a second come as that. Rows are the loads. Figures:
`goodput_over_peak`, `per_processor_second_over_peak` (the same for each second of the server's processor time, which
says it better where others use the machine, too), `refusal_p95_ms` (time until a turn is turned away with 429 or 503),
`lost` (turns neither answered nor refused, or whose thread holds another conversation than their listener saw).

Second part: the generator is a stand-in for vLLM's server that is killed, hangs, drips, answers garbage, errors, cuts
off; a row each says how many turns went without an answer or without tracks, came late or did not say that they were
degraded, and after how many seconds the generator had a part in an answer again. Figures: the worst of each.

The load comes from this machine and takes its share of it; every turn is that of a new listener in a new thread.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segue.evals.bench.serving_trials import Load, Server
    from segue.generator.vllm.fake_server import FakeServer, Mood

MESSAGES: Final = (
    "some mellow 90s rock, nothing too sad", "jazz for a dinner party, instrumental", "dance music from the 70s",
    "songs like Teardrop by Massive Attack", "sad songs in French", "upbeat 60s soul", "three songs about the sea",
)  # fmt: skip
TIMES: Final = 10
LEVELS: Final = (1, 2, 4, 8)
MOODS: Final[tuple["Mood", ...]] = ("hang", "drip", "garbage", "error", "overload", "cut")
"""How the generator fails besides being killed."""
_CHECKED: Final = 60
"""Threads of each kind that are read again."""


def command(
    catalog: Annotated[Path | None, typer.Option(help="A catalog folder; by default the one that comes along.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of each load.")] = 20,
    failing: Annotated[float, typer.Option(min=1, help="Seconds of each failure.")] = 10,
    quick: Annotated[bool, typer.Option("--quick", help="Short, for a first look.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Overload a server, and break its generator."""
    from segue.evals.bench.serving_trials import serving
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog

    levels: Sequence[int] = LEVELS
    moods: Sequence[Mood] = MOODS
    if quick:
        seconds, failing, levels, moods = 3, 2, (1, 4), ("hang", "garbage")
    folder = catalog or default_catalog()
    with Catalog.open(folder) as opened:
        data = {"catalog": opened.root.name, "tracks": len(opened), "seconds of load": seconds, "of failure": failing}
    given = ["--catalog", str(folder), "--rate", "1000000"]
    with TemporaryDirectory(prefix="segue-bench-") as scratch, serving(given, Path(scratch), {}) as server:
        rows, figures = asyncio.run(_loaded(server, levels, seconds))
    with TemporaryDirectory(prefix="segue-bench-") as scratch:
        fake = _fake_generator(folder)
        try:
            with serving(given, Path(scratch), {"SEGUE_GENERATOR_URL": fake.url}) as server:
                failures = asyncio.run(_failed(server, fake, moods, failing))
        finally:
            fake.kill()
    worst = {name: max(row.metrics[name] for row in failures) for name in failures[0].metrics if name != "turns"}
    figures |= {f"generator_failing_{name.replace(' ', '_')}": value for name, value in worst.items()}
    BenchResult(bench="serving", data=data, rows=[*rows, *failures], figures=figures).show(as_json=as_json)


async def _loaded(server: "Server", levels: "Sequence[int]", seconds: float) -> tuple[list[Row], dict[str, float]]:
    from segue.evals.bench.serving_trials import REFUSED, ServerFailed, arriving, contradicted, in_turn

    await in_turn(server, MESSAGES, 2, seconds / 2)  # whatever is prepared at first use
    loads = {f"{level} at once": await in_turn(server, MESSAGES, level, seconds) for level in levels}
    busiest = max(loads, key=lambda name: loads[name].goodput)
    peak = loads[busiest].goodput
    if not peak:
        told = sorted({each.status for load in loads.values() for each in load.outcomes})
        raise ServerFailed(f"no turn was answered as asked (statuses {told}; 0 is none at all)")
    over = await arriving(server, MESSAGES, TIMES * peak, seconds)
    loads[f"{TIMES} times the peak"] = over
    again = await in_turn(server, MESSAGES, 2, seconds / 2)
    loads["2 at once, afterwards"] = again
    checked = [*over.where(200)[:_CHECKED], *over.where(*REFUSED)[:_CHECKED]]
    figures = {
        "peak_goodput": peak,
        "goodput_over_peak": over.goodput / peak,
        "per_processor_second_over_peak": over.good_per_processor_second / loads[busiest].good_per_processor_second,
        "refusal_p95_ms": _p95([each.seconds for each in over.where(*REFUSED)]),
        "lost": float(len(over.neither) + await contradicted(server, checked)),
    }
    return [Row(name=name, metrics=_metrics(load)) for name, load in loads.items()], figures


def _metrics(load: "Load") -> dict[str, float]:
    from segue.evals.bench.serving_trials import DEADLINE, REFUSED

    answered = load.where(200)
    return {
        "offered /s": load.offered,
        "goodput /s": load.goodput,
        "good per processor second": load.good_per_processor_second,
        "answer p95 ms": _p95([each.seconds for each in answered]),
        "late": sum(each.seconds > DEADLINE for each in answered),
        "degraded": sum(each.degraded for each in answered),
        "refused": len(load.where(*REFUSED)),
        "neither": len(load.neither),
    }


def _p95(seconds: "Sequence[float]") -> float:
    return float(np.percentile(1000 * np.array(seconds), 95)) if len(seconds) else float("nan")


def _fake_generator(catalog: Path) -> "FakeServer":
    """Return a stand-in for the server of the shipped language model, as far as its client can tell."""
    from segue.generator import base_model
    from segue.generator.language_files import base_hash
    from segue.generator.prompt import codec_for
    from segue.generator.vllm.checkpoint import served_name
    from segue.generator.vllm.fake_server import FakeServer
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.semantic_ids import open_codes

    with Catalog.open(catalog) as opened:
        codes = open_codes(opened)
        name = served_name(codes.fingerprint, base_hash(base_model.BUNDLED), "stand-in")
        return FakeServer(codec_for(base_model.load_tokenizer(), codes.layout), name).start()


async def _failed(server: "Server", fake: "FakeServer", moods: "Sequence[Mood]", seconds: float) -> list[Row]:
    from segue.evals.bench.serving_trials import while_failing

    async def killed() -> None:
        await asyncio.to_thread(fake.kill)

    async def started() -> None:
        await asyncio.to_thread(fake.start)

    async def well() -> None:
        fake.mood = "well"

    rows = [("generator killed", await while_failing(server, MESSAGES, seconds, killed, started))]
    for mood in moods:

        async def broken(mood: "Mood" = mood) -> None:
            fake.mood = mood

        rows.append((f"generator: {mood}", await while_failing(server, MESSAGES, seconds, broken, well)))
    return [Row(name=name, metrics=failure.metrics()) for name, failure in rows]
