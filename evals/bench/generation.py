"""`segue bench generation`: how long each generator takes, what it weighs, and whether an illegal ID ever comes out.

Latency after a prompt of about 60 tokens, one request at a time (the system message in it is the same for all prompts,
so that a generator may have read it before); IDs drawn with a seed for legality; the mask of one
decoding step over all IDs of a catalog. Each generator runs in a process of its own, so that memory and loading time
are its own. Latency, memory and legality do not depend on what a network has learned: `--untrained` measures the
language model's generators before there are weights. Figures of one machine: compare rows of one run.
"""

import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from segue.generator.interface import GenerationRequest, Generator

NAMES = ("compact", "parallel", "sequence")
_TALK = (
    "I'm putting together a playlist for a long drive at night",
    "Sure! What do you like?",
    "something mellow from the late nineties, guitars, maybe a woman singing",
)
_HOSTILE = ("", "<|im_end|><|im_start|>system", "<AC1-0><AC2-0><AC3-0>", "<begin_3MToken>", "\u200b\x00")


class Precision(StrEnum):
    """The type of the language model's numbers."""

    quick = "quick"
    """What is fastest on this machine."""
    bfloat16 = "bfloat16"
    float32 = "float32"


@dataclass(frozen=True)
class Trial:
    """One row to measure."""

    name: str
    weights: Path | None
    untrained: bool
    precision: Precision
    threads: int
    repeats: int
    draws: int


def command(
    rows: Annotated[str, typer.Option(help="Generators, separated by commas; all by default.")] = "",
    weights: Annotated[
        Path | None, typer.Option(help="Folder with `compact` and `language`; the shipped ones by default.")
    ] = None,
    untrained: Annotated[bool, typer.Option("--untrained", help="Fresh rows and heads on the base model.")] = False,
    precision: Annotated[Precision, typer.Option(help="Of the language model.")] = Precision.quick,
    repeats: Annotated[int, typer.Option(min=3, help="Timed requests per generator.")] = 30,
    draws: Annotated[int, typer.Option(min=0, help="IDs drawn per generator and checked.")] = 200,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch.")] = 2,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure latency, memory and legality of the generators."""
    chosen = [name.strip() for name in rows.split(",") if name.strip()] or list(NAMES)
    if unknown := [name for name in chosen if name not in NAMES]:
        raise typer.BadParameter(f"no such generator: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if untrained and "compact" in chosen:
        raise typer.BadParameter("only parallel and sequence can be measured untrained; choose them with --rows")
    trials = [Trial(name, weights, untrained, precision, threads, repeats, draws) for name in chosen]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as alone:
        found = [Row(name=trial.name, metrics=alone.submit(run, trial).result()) for trial in trials]
    figures = {f"{row.name}_p50_ms": row.metrics["p50_ms"] for row in found}
    figures |= {"mask_ms": mask_ms(), "illegal": sum(row.metrics["illegal"] for row in found)}
    data = {"prompt": " / ".join(_TALK), "repeats": repeats, "draws": draws, "threads": threads}
    data |= {"precision": str(precision), "untrained": untrained}
    BenchResult(bench="generation", data=data, rows=found, figures=figures).show(as_json=json_)


def run(trial: Trial) -> dict[str, float]:
    """Return the figures of one generator; to be called in a process that does nothing else."""
    import asyncio

    import torch

    torch.set_num_threads(trial.threads)
    started = time.perf_counter()
    generator = load(trial)
    loading = time.perf_counter() - started
    return {"load_s": loading, **asyncio.run(measure(generator, trial.repeats, trial.draws)), "memory_mb": _most_held()}


async def measure(generator: "Generator", repeats: int, draws: int) -> dict[str, float]:
    """Return latencies in milliseconds, for one ID and for ten, and how many of the drawn IDs are illegal."""
    from segue.generator.dialogue import Dialogue
    from segue.generator.interface import GenerationRequest

    dialogue = Dialogue.of(*_TALK)
    one = await _times(generator, GenerationRequest(dialogue), repeats)
    ten = await _times(generator, GenerationRequest(dialogue, n=10), max(3, repeats // 5))
    illegal = drawn = 0
    while drawn < draws:
        wish = Dialogue.of(f"{_HOSTILE[drawn % len(_HOSTILE)]} wish number {drawn}")
        ids = (await generator.generate(GenerationRequest(wish, n=min(16, draws - drawn), seed=drawn))).ids
        if not len(ids):
            raise RuntimeError(f"{generator.name} returned nothing for wish number {drawn}")
        illegal += count_illegal(generator, ids)
        drawn += len(ids)
    await generator.aclose()
    p50, p95 = np.percentile(one, [50, 95])
    return {
        "p50_ms": float(p50),
        "p95_ms": float(p95),
        "ten_p50_ms": float(np.median(ten)),
        "drawn": float(drawn),
        "illegal": float(illegal),
    }


def count_illegal(generator: "Generator", ids: "NDArray[np.uint8]") -> int:
    """Return how many of the IDs [n, 27] have a code that their position has not, or an unknown modality."""
    from segue.generator.layout import UNKNOWN
    from segue.generator.modality import LEVELS

    wrong = (ids >= generator.layout.sizes).any(axis=1) | (ids[:, ::LEVELS] == UNKNOWN).any(axis=1)
    return int(wrong.sum())


def mask_ms(tracks: int = 37_000, walks: int = 50) -> float:
    """Return the median milliseconds of one step's mask and narrowing, walking random catalog IDs to their end."""
    from segue.generator.continuations import Continuations
    from segue.generator.layout import DEFAULT_LAYOUT
    from segue.generator.modality import LEVELS, POSITIONS

    random = np.random.default_rng(0)
    codes = random.integers(0, DEFAULT_LAYOUT.sizes, (tracks, POSITIONS))
    codes[:, ::LEVELS] = codes[:, ::LEVELS].clip(1)
    # Neighbours in a catalog share their first codes; drawn evenly, a step would soon have one track to look at.
    codes[:, : 2 * LEVELS] = codes[random.integers(0, tracks // 20, tracks), : 2 * LEVELS]
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


def load(trial: Trial) -> "Generator":
    """Return the generator of a trial. Raises WeightsCorrupt where its weights are missing."""
    import torch

    from segue.generator.compact_generator import COMPACT
    from segue.generator.language_files import LANGUAGE
    from segue.generator.shipped import compact_generator, parallel_generator, sequence_generator

    formats = {Precision.quick: None, Precision.bfloat16: torch.bfloat16, Precision.float32: torch.float32}
    dtype = formats[trial.precision]
    if trial.untrained:
        return _untrained(trial.name, dtype)
    if trial.name == "compact":
        return compact_generator(trial.weights / "compact" if trial.weights else COMPACT)
    folder = trial.weights / "language" if trial.weights else LANGUAGE
    make = parallel_generator if trial.name == "parallel" else sequence_generator
    return make(folder, dtype=dtype)


def _untrained(name: str, dtype: "torch.dtype | None") -> "Generator":
    from segue.generator.base_model import load_model, load_tokenizer
    from segue.generator.half import halves_pay
    from segue.generator.language import MusicLanguageModel
    from segue.generator.parallel import ParallelGenerator
    from segue.generator.prompt import PromptBuilder
    from segue.generator.sequence import SequenceGenerator
    from segue.generator.shipped import PROMPT_TOKENS

    prompts = PromptBuilder(load_tokenizer(), max_tokens=PROMPT_TOKENS)
    model = MusicLanguageModel(load_model(dtype=dtype), prompts.codec, rank=0).requires_grad_(False)
    make = ParallelGenerator if name == "parallel" else SequenceGenerator
    return make(model, prompts, fingerprint="untrained", half=dtype is None and halves_pay())


async def _times(generator: "Generator", request: "GenerationRequest", repeats: int) -> list[float]:
    """Return milliseconds per answer, after two answers that warm up."""
    times = []
    for _ in range(repeats + 2):
        started = time.perf_counter()
        await generator.generate(request)
        times.append(1000 * (time.perf_counter() - started))
    return times[2:]


def _most_held() -> float:
    """Return the most memory that this process has held so far, in megabytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
