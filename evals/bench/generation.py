"""`segue bench generation`: how long each generator takes, what it weighs, and whether an illegal ID ever comes out.

Latency after a prompt of about 60 tokens, greedy, one request at a time; IDs drawn with a seed for legality; the mask
of one decoding step over all IDs of a catalog. Figures of one machine: compare rows of one run.
"""

import resource
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row

if TYPE_CHECKING:
    from segue.generator.interface import Generator

NAMES = ("compact", "parallel", "sequence")
_TALK = (
    "I'm putting together a playlist for a long drive at night",
    "Sure! What kind of music do you like to listen to while driving?",
    "something mellow from the late nineties, guitars, maybe a woman singing, nothing too sad please",
)


def command(
    rows: Annotated[str, typer.Option(help="Generators, separated by commas; all by default.")] = "",
    repeats: Annotated[int, typer.Option(min=3, help="Timed requests per generator.")] = 30,
    draws: Annotated[int, typer.Option(min=0, help="IDs drawn per generator and checked.")] = 200,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch.")] = 2,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure latency, memory and legality of the generators with their shipped weights."""
    import asyncio

    import torch

    chosen = [name.strip() for name in rows.split(",") if name.strip()] or list(NAMES)
    if unknown := [name for name in chosen if name not in NAMES]:
        raise typer.BadParameter(f"no such generator: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = [Row(name=name, metrics=asyncio.run(measure(_loader(name), repeats, draws))) for name in chosen]
    finally:
        torch.set_num_threads(before)
    figures = {f"{row.name}_p50_ms": row.metrics["p50_ms"] for row in found}
    figures |= {"mask_ms": mask_ms(), "illegal": sum(row.metrics["illegal"] for row in found)}
    data = {"prompt": " / ".join(_TALK), "repeats": repeats, "draws": draws, "threads": threads}
    BenchResult(bench="generation", data=data, rows=found, figures=figures).show(as_json=json_)


async def measure(load: "Callable[[], Generator]", repeats: int, draws: int) -> dict[str, float]:
    """Return the figures of the generator that `load` makes."""
    from segue.generator.dialogue import Dialogue
    from segue.generator.interface import GenerationRequest
    from segue.generator.layout import UNKNOWN
    from segue.generator.modality import LEVELS

    memory = _resident()
    started = time.perf_counter()
    generator = load()
    loading = time.perf_counter() - started
    dialogue = Dialogue.of(*_TALK)
    request = GenerationRequest(dialogue)
    durations = []
    for number in range(repeats + 2):
        started = time.perf_counter()
        await generator.generate(request)
        if number >= 2:
            durations.append(1000 * (time.perf_counter() - started))
    illegal = drawn = 0
    while drawn < draws:
        wish = Dialogue.of(f"wish number {drawn}")
        ids = (await generator.generate(GenerationRequest(wish, n=min(16, draws - drawn), seed=drawn))).ids
        bad = (ids >= generator.layout.sizes).any(axis=1) | (ids[:, ::LEVELS] == UNKNOWN).any(axis=1)
        illegal += int(bad.sum())
        drawn += max(1, len(ids))
    await generator.aclose()
    p50, p95 = np.percentile(durations, [50, 95])
    return {
        "p50_ms": float(p50),
        "p95_ms": float(p95),
        "load_s": loading,
        "memory_mb": _resident() - memory,
        "drawn": float(drawn),
        "illegal": float(illegal),
    }


def mask_ms(tracks: int = 37_000, walks: int = 50) -> float:
    """Return the median milliseconds of one step's mask and narrowing, walking random catalog IDs to their end."""
    from segue.generator.continuations import Continuations
    from segue.generator.layout import DEFAULT_LAYOUT
    from segue.generator.modality import POSITIONS

    random = np.random.default_rng(0)
    codes = random.integers(0, DEFAULT_LAYOUT.sizes, (tracks, POSITIONS))
    codes[:, ::3] = codes[:, ::3].clip(1)
    continuations = Continuations(DEFAULT_LAYOUT, codes.astype(np.uint8))
    times = []
    for walk in range(walks):
        place = continuations.start()
        for position, code in enumerate(codes[walk].tolist()):
            started = time.perf_counter()
            continuations.mask(place, position)
            place = continuations.step(place, position, code)
            times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times))


def _loader(name: str) -> "Callable[[], Generator]":
    from segue.generator.shipped import compact_generator, parallel_generator, sequence_generator

    loaders: dict[str, Callable[[], Generator]] = {
        "compact": compact_generator,
        "parallel": parallel_generator,
        "sequence": sequence_generator,
    }
    return loaders[name]


def _resident() -> float:
    """Return the most memory that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
