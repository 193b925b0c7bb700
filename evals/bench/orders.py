"""`segue bench orders`: does it matter in which order the sequence generator writes the nine modalities?

A small language model (see `small_language`) learns the same requests once for each order and seed; levels stay in
their order within a modality. Figures on requests that were held out:

- *nats*: what the whole semantic ID of the track that was asked for costs, all codes before each one given; and the
  part of each modality. By the chain rule no order is better for a model that has learnt everything; `by chance` is the
  largest distance between two seeds of one order, `worse, low` and `worse, high` bound the mean distance to the shipped
  order on the same requests (95 %, by resampling requests; seeds are averaged);
- *level 1*: share of modalities in which the code that greedy writing arrives at, after its own earlier guesses, is
  the track's;
- *mrr*: of the right track among the whole catalog by the distributions along the greedy path less the catalog's prior,
  the soft score of the product;
- *mrr given*: of the right track among the tracks of all requests ranked, by the probability of its true codes
  given, less the logarithm of its mean over these requests.

Rows beside the orders: *unigram*, how common a code is among those learnt from; *by levels*, how common it is in the
catalog below the levels above it; *parallel*, heads that predict all modalities at once and know no order, alone and
(*parallel beside*) of the models that learn both, as the product's does. *surest first* writes first what the heads
alone find cheapest, *surest last* last.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row
from segue.generator.modality import MODALITIES, Modality

if TYPE_CHECKING:
    from segue.evals.bench.small_language import Study
    from segue.evals.writing_order import WritingOrder

SHIPPED: Final = "shipped"
ORDERS: Final = (SHIPPED, "reversed", "surest first", "surest last", "random 1", "random 2")
_BATCH: Final = 8


def command(
    catalog: Annotated[Path, typer.Option(help="A catalog folder, or a file of tracks.")],
    orders: Annotated[str, typer.Option(help="Orders, separated by commas; the shipped one is always there.")] = (
        ",".join(ORDERS)
    ),
    requests: Annotated[int, typer.Option(min=20, help="Requests by grammar.")] = 6_000,
    held_out: Annotated[int, typer.Option(min=10, help="Of them, kept out of the training and measured.")] = 400,
    ranked: Annotated[int, typer.Option(min=2, help="Of those, answered and ranked.")] = 80,
    steps: Annotated[int, typer.Option(min=1, help="Of every training.")] = 2_000,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each order.")] = 2,
    seed: Annotated[int, typer.Option(help="The first of them.")] = 0,
    width: Annotated[int, typer.Option(min=8, help="Of the model.")] = 128,
    layers: Annotated[int, typer.Option(min=1, help="Of the model.")] = 2,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare orders in which the modalities of a semantic ID are written."""
    from segue.evals.bench.small_language import LEARNING_RATE, Size, open_study
    from segue.generator.training.language import LanguageSettings

    wanted = list(dict.fromkeys([SHIPPED, *(name.strip() for name in orders.split(",") if name.strip())]))
    if unknown := [name for name in wanted if name not in ORDERS]:
        raise typer.BadParameter(f"no such order: {', '.join(unknown)}; there are {', '.join(ORDERS)}")
    if not ranked <= held_out < requests:
        raise typer.BadParameter("of the requests some are held out, and of these some are ranked")
    settings = LanguageSettings(
        epochs=-(-steps * _BATCH // (requests - held_out)), batch=_BATCH, learning_rate=LEARNING_RATE,
        head_rate=LEARNING_RATE, self_similarity=0, sequence_share=1, held_out=held_out, steps=steps, seed=seed,
    )  # fmt: skip
    study = open_study(catalog, requests=requests, size=Size(width, layers), settings=settings)
    rows, figures = compare(study, wanted, seeds=seeds, ranked=ranked, told=lambda text: typer.echo(text, err=True))
    data = {
        "catalog": str(catalog), "tracks": len(study.catalog), "requests": requests, "held out": held_out,
        "ranked": ranked, "steps": steps, "batch": _BATCH, "seeds": seeds, "first seed": seed, "width": width,
        "layers": layers,
    }  # fmt: skip
    BenchResult(bench="orders", data=data, rows=rows, figures=figures).show(as_json=json_)


def order_named(name: str, sure: Sequence[Modality]) -> "WritingOrder":
    """Return an order by its name; `sure` are the modalities, the one that is predicted best first."""
    from segue.evals.writing_order import WritingOrder

    if name.startswith("random "):
        drawn = list(MODALITIES)
        Random(name).shuffle(drawn)
        return WritingOrder(tuple(drawn))
    known: dict[str, Sequence[Modality]] = {
        SHIPPED: MODALITIES, "reversed": MODALITIES[::-1], "surest first": sure, "surest last": sure[::-1],
    }  # fmt: skip
    return WritingOrder(tuple(known[name]))


def compare(
    study: "Study", orders: Sequence[str], *, seeds: int, ranked: int, told: Callable[[str], None]
) -> tuple[list[Row], dict[str, float]]:
    """Return the rows of the baselines and of the orders, and the figures; `told` hears of every training's end."""
    from dataclasses import replace

    from segue.evals.bench.order_figures import Judge
    from segue.evals.bench.small_language import held_nats, train
    from segue.evals.writing_order import WritingOrder

    judge = Judge(study, ranked)
    rows = judge.priors()
    alone = []
    all_seeds = range(study.settings.seed, study.settings.seed + seeds)
    for seed in all_seeds:
        trained = train(study, replace(study.settings, seed=seed, sequence_share=0), WritingOrder())
        alone.append(judge.heads(trained, held_nats(study, trained)[0]))
        told(f"parallel, seed {seed}: {alone[-1].nats.sum(axis=1).mean():.2f} nats")
    rows.append(judge.row("parallel", alone))
    cost = judge.by_modality(np.mean([one.nats for one in alone], axis=0))
    sure = [MODALITIES[place] for place in np.argsort(cost)]
    beside, sequences = [], {}
    for name in orders:
        order = order_named(name, sure)
        told(f"{name}: {' '.join(order.modalities)}")
        found = []
        for seed in all_seeds:
            trained = train(study, replace(study.settings, seed=seed), order)
            heads, sequence = held_nats(study, trained)
            found.append(judge.sequence(trained, sequence))
            beside.append(judge.heads(trained, heads))
            told(f"{name}, seed {seed}: {sequence.sum(axis=1).mean():.2f} nats")
        sequences[name] = found
    rows.append(judge.row("parallel beside", beside))
    rows += [judge.row(name, found, sequences[SHIPPED]) for name, found in sequences.items()]
    totals = {name: float(np.mean([one.nats.sum(axis=1).mean() for one in found])) for name, found in sequences.items()}
    spread = [np.ptp([one.nats.sum(axis=1).mean() for one in found]) for found in sequences.values()]
    figures = {
        "nats, best order": min(totals.values()),
        "nats, worst order": max(totals.values()),
        "nats between two seeds, mean": float(np.mean(spread)),
        "codes that are known and so counted, of 27": judge.counted,
    }
    return rows, figures
