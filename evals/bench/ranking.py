"""`segue bench ranking`: how long one ranking takes, source by source, and what each knob does.

Requests are those of a dialogue file (first messages), or a built-in few. Relevance is the mean share of the top score
that an answer keeps; diversity 1 - the mean cosine of its tracks' descriptions; repetition the share of its tracks
whose artist stands in it already; popularity the mean of what the catalog knows.

Each request is timed as a first message, and again later in a thread, where two tracks were liked before, so that every
source has something to go by. `--simulated` repeats the catalog's tracks up to so many (`evals.simulated_stock` says
what that stands for); knobs are not looked at then.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row

if TYPE_CHECKING:
    from segue.tools.ranking.recommend import Recommendation, Recommender
    from segue.tools.ranking.situation import Situation

REQUESTS = (
    "mellow 90s rock, nothing too sad",
    "something like Massive Attack but faster",
    "upbeat disco for a party",
    "play some Dolly Parton",
    "sad piano songs for a rainy evening",
    "songs with a woman singing in Spanish",
    "hard rock from the seventies",
    "relaxing music to study to",
)


def command(
    catalog: Annotated[Path, typer.Option(help="A catalog folder.")],
    dialogs: Annotated[Path | None, typer.Option(help="Dialogues whose messages are asked, JSON Lines.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Requests to time.")] = 40,
    k: Annotated[int, typer.Option("-k", min=2, help="Tracks per answer.")] = 10,
    simulated: Annotated[
        int | None, typer.Option(help="Repeat the catalog's tracks up to so many; 1,600,000 take 8 GB of memory.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Measure the ranking's latency and its knobs."""
    from segue.evals.simulated_stock import SimulatedStock
    from segue.generator.compact_generator import COMPACT
    from segue.generator.shipped import compact_generator
    from segue.tools.catalog.adapted import compact_folder
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.ranking.dialogues import read_conversations
    from segue.tools.ranking.recommend import Recommender
    from segue.tools.ranking.select import Knobs
    from segue.tools.ranking.situation import Situation

    asked: Sequence[str] = REQUESTS
    if dialogs is not None:
        asked = [conversation.turns[0].user_query for conversation in read_conversations(dialogs)]
    with Catalog.open(catalog) as opened:
        recommender = Recommender(opened, generator=compact_generator(compact_folder(catalog) or COMPACT))
        if simulated is not None:
            if simulated < len(opened):
                raise typer.BadParameter(f"--simulated must not be below the catalog's {len(opened):,} tracks")
            recommender.stock = SimulatedStock(recommender.stock, simulated)
        recommender.warm()
        first = [Situation(asked[number % len(asked)]) for number in range(repeats)]
        later = [_later(recommender, situation.message, k) for situation in first]
        times, rows = _timed(recommender, first, k, "time")
        later_times, later_rows = _timed(recommender, later, k, "time later,")
        rows += later_rows
        settings: list[tuple[str, dict[str, Any]]] = [
            *((f"diversity {value}", {"diversity": value}) for value in (0.0, 0.2, 0.4, 0.6, 0.8)),
            *((f"novelty {value}", {"novelty": value}) for value in (0.2, 0.5, 1.0)),
            *((f"per artist {cap or 'any'}", {"per_artist": cap}) for cap in (1, 2, 3, None)),
        ]
        for name, knobs in settings if simulated is None else ():
            answers = [
                recommender.recommend(Situation(text), k, knobs=Knobs(**knobs))
                for text in asked[: min(repeats, len(REQUESTS) * 2)]
            ]
            rows.append(Row(name=name, metrics=_looks(recommender, answers)))
        tracks = len(recommender.stock)
    BenchResult(
        bench="ranking",
        data={"catalog": str(catalog), "tracks": tracks, "requests": str(dialogs or "built in"), "repeats": repeats}
        | ({} if simulated is None else {"simulated": True}),
        rows=rows,
        figures=_spread(times) | {f"later_{name}": value for name, value in _spread(later_times).items()},
    ).show(as_json=json_)


def _later(recommender: "Recommender", message: str, k: int) -> "Situation":
    """Return the situation in which a message is said after another, two of whose tracks were liked."""
    from segue.tools.ranking.situation import PastTurn, Situation

    shown = tuple(one.position for one in recommender.recommend(Situation(REQUESTS[0]), k).tracks)
    return Situation(message, (PastTurn(REQUESTS[0], "How about these?", liked=shown[:2], shown=shown),))


def _timed(
    recommender: "Recommender", situations: "Sequence[Situation]", k: int, name: str
) -> tuple[list[float], list[Row]]:
    """Return the milliseconds that each ranking takes, and a row for each source and for the processor's time."""
    times: list[float] = []
    spent: list[float] = []
    by_source: dict[str, list[float]] = {}
    for situation in situations:
        started, processor = time.perf_counter(), time.process_time()
        found = recommender.recommend(situation, k)
        times.append(1000 * (time.perf_counter() - started))
        spent.append(1000 * (time.process_time() - processor))
        for source, seconds in found.seconds.items():
            by_source.setdefault(source, []).append(1000 * seconds)
    rows = [Row(name=f"{name} {source}", metrics=_spread(values)) for source, values in by_source.items()]
    return times, [*rows, Row(name=f"{name} of the processor", metrics=_spread(spent))]


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"p50_ms": float(np.median(values)), "p95_ms": float(np.quantile(values, 0.95))}


def _looks(recommender: "Recommender", answers: "Sequence[Recommendation]") -> dict[str, float]:
    stock = recommender.stock
    relevance, diversity, repetition, popularity = [], [], [], []
    for answer in answers:
        rows = np.array([one.position for one in answer.tracks])
        if len(rows) < 2:
            continue
        scores = np.array([one.score for one in answer.tracks])
        vectors = np.asarray(stock.catalog.dense.vectors[rows])
        likeness = (float((vectors @ vectors.T).sum()) - len(rows)) / (len(rows) * (len(rows) - 1))
        relevance.append(float(scores.mean() / max(scores.max(), 1e-9)))
        diversity.append(1 - likeness)
        repetition.append(1 - len(set(stock.artists[rows].tolist())) / len(rows))
        popularity.append(float(stock.popularity[rows].mean()))
    names = ("relevance", "diversity", "repetition", "popularity")
    return {
        name: float(np.mean(values))
        for name, values in zip(names, (relevance, diversity, repetition, popularity), strict=True)
    }
