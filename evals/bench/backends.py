"""`segue bench backends`: the sequence generator in process against the same weights behind vLLM, one run.

Latency and throughput of whole distributions (27 codes a request) at several numbers of requests at once. In process,
requests are worked off one after another; a server batches them. Both answer the same requests, and the codes are
compared. The server must be running (`make vllm`); machine and load are the figures', so compare rows of one run.
"""

import time
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row
from segue.generator.layout import Codes

if TYPE_CHECKING:
    from segue.generator.interface import Generator

_WISHES = (
    "something mellow from the late nineties, guitars, maybe a woman singing",
    "upbeat brazilian jazz for cooking",
    "play Radiohead",
    "sad piano pieces for a rainy evening",
    "heavy riffs to run to, nothing newer than 1985",
)


def command(
    url: Annotated[str, typer.Option(help="Address of the vLLM server.")] = "http://127.0.0.1:8000",
    at_once: Annotated[str, typer.Option(help="Numbers of requests at once, separated by commas.")] = "1,4,16",
    requests: Annotated[int, typer.Option(min=1, help="Requests for each row.")] = 32,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch in process.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the sequence generator in process and behind vLLM."""
    import asyncio

    import torch

    from segue.generator.shipped import sequence_generator, vllm_generator

    try:
        levels = [int(number) for number in at_once.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"numbers separated by commas, not {at_once!r}") from error
    if min(levels) < 1:
        raise typer.BadParameter("at least one request at once")
    torch.set_num_threads(threads)
    here = sequence_generator(dtype=torch.float32)
    there = vllm_generator(url, tokenizer=here.fingerprint, timeout=600)

    async def measure() -> tuple[list[Row], int]:
        rows: list[Row] = []
        found: dict[str, Codes] = {}
        for name, generator in (("in process", here), ("vllm", there)):
            await _answers(generator, 2, 2)  # whatever is prepared at first use
            for level in levels:
                metrics, found[name] = await _answers(generator, requests, level)
                rows.append(Row(name=f"{name}, {level} at once", metrics=metrics))
            await generator.aclose()
        return rows, int((found["in process"] != found["vllm"]).any(axis=1).sum())

    rows, differing = asyncio.run(measure())
    best = {
        name: max(row.metrics["per_second"] for row in rows if row.name.startswith(name))
        for name in ("in process", "vllm")
    }
    figures = {"differing_ids": differing, "best_vllm_over_best_in_process": best["vllm"] / best["in process"]}
    data = {"requests": requests, "threads": threads, "dtype": "float32"}
    BenchResult(bench="backends", data=data, rows=rows, figures=figures).show(as_json=json_)


async def _answers(generator: "Generator", count: int, at_once: int) -> tuple[dict[str, float], Codes]:
    """Return figures and the IDs of `count` requests, `at_once` of which are always under way."""
    import asyncio

    from segue.generator.dialogue import Dialogue
    from segue.generator.interface import GenerationRequest

    room = asyncio.Semaphore(at_once)

    async def one(number: int) -> tuple[float, Codes]:
        # A number makes each prompt its own, so that no answer is only remembered.
        request = GenerationRequest(Dialogue.of(f"{_WISHES[number % len(_WISHES)]}, wish {number}"))
        async with room:
            began = time.perf_counter()
            generation = await generator.generate(request)
            return 1000 * (time.perf_counter() - began), generation.ids[0]

    began = time.perf_counter()
    answers = await asyncio.gather(*(one(number) for number in range(count)))
    seconds = time.perf_counter() - began
    p50, p95 = np.percentile([latency for latency, _ in answers], [50, 95])
    figures = {"p50_ms": float(p50), "p95_ms": float(p95), "per_second": count / seconds}
    return figures, np.array([ids for _, ids in answers], dtype=np.uint8)
