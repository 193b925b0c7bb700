"""`segue bench self-similarity`: the curves of TalkPlay's figure 2, with and without its self-similarity loss.

A small language model (see `small_language`) learns the same requests once for each weight of the loss and each seed,
long enough to know them by heart. Rows, one for each weight and number of steps, means over the seeds:

- *learnt*, *held out*: nats per position of the sequence, since the row before and at that step; `low` and `high` are
  the seeds' own;
- *heads learnt*, *heads held out*: the same of the parallel heads, which do not read the rows;
- *distance*: of the cosines of token rows to those of the code vectors that they stand for, the loss itself.

Figures tell, by weight, the lowest loss on what is held out and how far above it the last one is. The paper finds that
without the loss the curve turns up, and with it does not.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row

if TYPE_CHECKING:
    from segue.evals.bench.small_language import Study
    from segue.generator.training.language import Losses

_BATCH: Final = 8


def command(
    catalog: Annotated[Path, typer.Option(help="A catalog folder, or a file of tracks.")],
    weights: Annotated[str, typer.Option(help="Weights of the loss, separated by commas.")] = "0,0.1",
    requests: Annotated[int, typer.Option(min=20, help="Requests by grammar.")] = 2_000,
    held_out: Annotated[int, typer.Option(min=10, help="Of them, kept out of the training and measured.")] = 300,
    steps: Annotated[int, typer.Option(min=1, help="Of every training.")] = 2_000,
    points: Annotated[int, typer.Option(min=2, help="Of the curves.")] = 10,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings with each weight.")] = 2,
    width: Annotated[int, typer.Option(min=8, help="Of the model.")] = 128,
    layers: Annotated[int, typer.Option(min=1, help="Of the model.")] = 2,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure what the self-similarity loss does to the loss on what is held out."""
    from segue.evals.bench.small_language import LEARNING_RATE, Size, open_study
    from segue.generator.training.language import LanguageSettings

    try:
        chosen = [float(weight) for weight in weights.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"weights are numbers: {error}") from error
    if not all(0 <= weight < float("inf") for weight in chosen):
        raise typer.BadParameter("weights are finite and not below 0")
    if held_out >= requests:
        raise typer.BadParameter("something must be left to learn")
    settings = LanguageSettings(
        epochs=-(-steps * _BATCH // (requests - held_out)), batch=_BATCH, learning_rate=LEARNING_RATE,
        head_rate=LEARNING_RATE, sequence_share=1, held_out=held_out, steps=steps,
    )  # fmt: skip
    study = open_study(catalog, requests=requests, size=Size(width, layers), settings=settings)
    rows, figures = curves(study, chosen, seeds=seeds, points=points, told=lambda text: typer.echo(text, err=True))
    data = {
        "catalog": str(catalog), "tracks": len(study.catalog), "requests": requests, "held out": held_out,
        "steps": steps, "batch": _BATCH, "seeds": seeds, "width": width, "layers": layers,
    }  # fmt: skip
    BenchResult(bench="self-similarity", data=data, rows=rows, figures=figures).show(as_json=json_)


def curves(
    study: "Study", weights: list[float], *, seeds: int, points: int, told: Callable[[str], None]
) -> tuple[list[Row], dict[str, float]]:
    """Return a row for each weight and point, and the figures; `told` hears of every training's end."""
    from segue.evals.bench.small_language import train
    from segue.evals.writing_order import WritingOrder

    rows: list[Row] = []
    figures: dict[str, float] = {}
    for weight in weights:
        seen: dict[int, list[Losses]] = {}
        for seed in range(seeds):
            settings = replace(study.settings, seed=seed, self_similarity=weight)

            def report(done: int, total: int, losses: "Losses", seen: "dict[int, list[Losses]]" = seen) -> None:
                seen.setdefault(done, []).append(losses)

            steps = study.settings.steps or points
            train(study, settings, WritingOrder(), report, every=max(1, steps // points))
            told(f"{weight:g}, seed {seed}: {seen[max(seen)][-1].held_sequence:.3f} nats per position, held out")
        rows += [Row(name=f"{weight:g}, step {done}", metrics=_metrics(losses)) for done, losses in seen.items()]
        held = {done: float(np.mean([losses.held_sequence for losses in found])) for done, found in seen.items()}
        best = min(held, key=lambda done: held[done])
        figures |= {
            f"{weight:g}: lowest held out": held[best],
            f"{weight:g}: at step": best,
            f"{weight:g}: last above lowest": held[max(held)] - held[best],
        }
    return rows, figures


def _metrics(found: "list[Losses]") -> dict[str, float]:
    learnt, held, distance = (
        np.array([getattr(losses, name) for losses in found])
        for name in ("sequence", "held_sequence", "self_similarity")
    )
    return {
        "learnt": float(learnt.mean()),
        "held out": float(held.mean()),
        "held out, low": float(held.min()),
        "held out, high": float(held.max()),
        "heads learnt": float(np.mean([losses.parallel for losses in found])),
        "heads held out": float(np.mean([losses.held_parallel for losses in found])),
        "distance": float(distance.mean()),
    }
