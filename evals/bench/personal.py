"""`segue bench personal`: what a listener's soft token adds to a frozen generator, with playlists as listeners.

With `--dialogs` the held-out turns of human conversations follow, in which something was rated before: there the
generator reads messages and rated tracks anyway, and the token is made of the same tracks.

See `evals.personal` for the rows. Differences in nDCG@20 and Hit@10 to "none" and to "another's token" come with
intervals of 95 % over listeners. `time` is what the token adds to a turn: the vector from a store of taste, the token,
and the generator's longer input. `--refresh N` computes the vectors of N simulated listeners as the daily command does,
apart from and together with reading their events from a store.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import typer

from segue.evals.bench.playlists import fifth
from segue.evals.bench.result import BenchResult, Row

if TYPE_CHECKING:
    from segue.evals.metrics import Ranks
    from segue.generator.compact_generator import CompactGenerator
    from segue.generator.layout import Codes
    from segue.generator.parallel import ParallelGenerator
    from segue.generator.sequence import SequenceGenerator
    from segue.memory.listener.model import ListenerModel
    from segue.memory.listener.projection import TokenOf

Part = Literal["held", "all"]
Kind = Literal["compact", "parallel", "sequence"]


def command(
    catalog: Annotated[Path | None, typer.Option(help="A catalog folder; the default catalog if not given.")] = None,
    split: Annotated[Part, typer.Option(help="Playlists held out of training (one in five), or all.")] = "held",
    limit: Annotated[int, typer.Option(min=2, help="Listeners at most.")] = 200,
    listed: Annotated[bool, typer.Option("--listed", help="Rank only tracks that stand in some playlist.")] = False,
    without: Annotated[str, typer.Option(help="Modalities that do not count, separated by commas.")] = "TC",
    weights: Annotated[Path | None, typer.Option(help="Weights by `segue listener train`; the shipped ones.")] = None,
    kind: Annotated[Kind, typer.Option(help="The generator.")] = "compact",
    generator: Annotated[Path | None, typer.Option(help="Weights of such a generator; the shipped ones.")] = None,
    token: Annotated[Path | None, typer.Option(help="By `segue listener train-token`; the shipped one.")] = None,
    dialogs: Annotated[Path | None, typer.Option(help="Dialogues in CPCD's format, over the same catalog.")] = None,
    next_song: Annotated[
        Path | None, typer.Option(help="Weights by `segue next-song train`; the shipped ones.")
    ] = None,
    bootstrap: Annotated[int, typer.Option(min=1, help="Samples for intervals.")] = 2000,
    refresh: Annotated[int, typer.Option(min=0, help="Simulated listeners to refresh; 0: none.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Ten listeners: does it run?")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the soft token: none, the right one, another listener's, and history in words."""
    from segue.evals.personal import PersonalRows, cases, rank_cases
    from segue.generator.errors import SourceError
    from segue.generator.modality import Modality
    from segue.generator.training_data.index import TrackIndex
    from segue.memory.listener.model import LISTENER, ListenerModel
    from segue.memory.listener.projection import LANGUAGE_TOKEN, token_for
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog
    from segue.tools.catalog.semantic_ids import open_codes

    try:
        left_out = [Modality(name.strip()) for name in without.split(",") if name.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"--without: {error}") from error
    folder = catalog or default_catalog()
    with Catalog.open(folder) as opened:
        tracks = list(opened)
        table = open_codes(opened)
        codes, fingerprint = table.codes(np.arange(len(tracks))), table.fingerprint
        dense = np.array(opened.dense.vectors)
    playlists = {name: rows for name, rows in TrackIndex(tracks).playlists.items() if split == "all" or fifth(name)}
    found = cases(playlists, tracks, 10 if quick else limit)
    if len(found) < 2:
        raise SourceError(f"{folder} has no two playlists ({split}) of eight tracks")
    pool = np.array([bool(track.listened) or not listed for track in tracks])
    model = ListenerModel.load(weights or LISTENER, tokenizer=fingerprint)
    speaks = _generator(kind, generator, fingerprint)
    token_of = token_for(speaks, model, token or LANGUAGE_TOKEN)
    ranks = rank_cases(PersonalRows(speaks, model, tracks, codes, dense, left_out, token_of=token_of), found, pool)
    rows = [row for kind, by in ranks.items() if by for row in _rows(kind, by, bootstrap)]
    if dialogs is not None:
        from segue.evals.personal import rank_turns
        from segue.generator.next_song.shipped import NEXT_SONG, Continuation
        from segue.tools.ranking.dialogues import judged_turns, read_conversations, youtube_positions

        turns = list(judged_turns(read_conversations(dialogs, "held"), youtube_positions(tracks)))
        continuation = Continuation.load(next_song or NEXT_SONG, tokenizer=fingerprint)
        scored = PersonalRows(speaks, model, tracks, codes, dense, left_out, continuation, token_of)
        by, groups = rank_turns(scored, turns)
        rows += _rows("dialogues", by, bootstrap, groups)
    rows += _times(speaks, model, token_of, codes, 10 if quick else 60)
    rows += _refresh(model, codes, refresh) if refresh else []
    data = {
        "catalog": folder.name, "tracks": len(tracks), "ranked": int(pool.sum()), "listeners": len(found),
        "split": split, "without": without, "weights": str(weights or "shipped"),
        "kind": kind, "generator": str(generator or "shipped"),
    }  # fmt: skip
    BenchResult(bench="personal", data=data, rows=rows).show(as_json=json_)


def _generator(
    kind: Kind, folder: Path | None, fingerprint: str
) -> "CompactGenerator | ParallelGenerator | SequenceGenerator":
    from segue.generator.compact_generator import COMPACT
    from segue.generator.language_files import LANGUAGE
    from segue.generator.shipped import compact_generator, parallel_generator, sequence_generator

    if kind == "compact":
        return compact_generator(folder or COMPACT, tokenizer=fingerprint)
    make = parallel_generator if kind == "parallel" else sequence_generator
    return make(folder or LANGUAGE, tokenizer=fingerprint)


def _rows(kind: str, by: "dict[str, list[Ranks]]", samples: int, groups: Sequence[str] | None = None) -> list[Row]:
    """Return figures by row and differences with intervals; `groups` are dialogues whose turns belong together."""
    from segue.evals.metrics import bootstrap_difference, hit, ndcg

    def values(name: str) -> dict[str, "np.ndarray[tuple[int], np.dtype[np.float64]]"]:
        return {
            "hit@10": np.array([hit(ranks, 10) for ranks in by[name]]),
            "hit@100": np.array([hit(ranks, 100) for ranks in by[name]]),
            "ndcg@20": np.array([ndcg(ranks, 20) for ranks in by[name]]),
        }

    listeners = groups or [str(number) for number in range(len(by["none"]))]
    rows = []
    for name in by:
        own = values(name)
        metrics = {metric: float(numbers.mean()) for metric, numbers in own.items()} | {"listeners": len(listeners)}
        rows.append(Row(name=f"{kind}, {name}", metrics=metrics))
    right = values("right token")
    for other in ("none", "another's token", "history in words"):
        if other not in by:
            continue
        theirs = values(other)
        metrics = {}
        for metric, numbers in right.items():
            low, high = bootstrap_difference(numbers, theirs[metric], listeners, samples=samples)
            metrics |= {metric: float(np.mean(numbers - theirs[metric])), f"{metric}_low": low, f"{metric}_high": high}
        rows.append(Row(name=f"{kind}, right token less {other}", metrics=metrics))
    return rows


def _times(
    generator: "CompactGenerator | ParallelGenerator | SequenceGenerator",
    model: "ListenerModel",
    token_of: "TokenOf",
    codes: "Codes",
    repeats: int,
) -> list[Row]:
    """Time a turn's additions: a vector that is kept, one after a new event, the token, and the generator with it."""
    from segue.generator.dialogue import Dialogue
    from segue.memory.events import Subject, TasteEvent
    from segue.memory.listener.refresh import vector_of
    from segue.memory.store import SqliteTasteStore

    def liked(number: int) -> TasteEvent:
        subject = Subject(kind="track", value=str(number))
        return TasteEvent(key=str(number), user="ana", time=datetime.now(UTC), kind="liked", subject=subject)

    async def through_a_store(path: Path) -> tuple[list[float], list[float], list[float]]:
        store = SqliteTasteStore(path)
        codes_of = lambda subject: codes[int(subject.value)][None]  # noqa: E731
        await store.append([liked(number) for number in range(50)])
        await vector_of(store, model, codes_of, "ana")
        kept, fresh, written = [], [], []
        for number in range(repeats):
            started = time.perf_counter()
            await vector_of(store, model, codes_of, "ana")
            kept.append(time.perf_counter() - started)
            await store.append([liked(50 + number)])
            started = time.perf_counter()
            await vector_of(store, model, codes_of, "ana", keep=False)
            fresh.append(time.perf_counter() - started)
            started = time.perf_counter()
            await vector_of(store, model, codes_of, "ana")
            written.append(time.perf_counter() - started)
        await store.aclose()
        return kept, fresh, written

    with TemporaryDirectory() as folder:
        kept, fresh, written = asyncio.run(through_a_store(Path(folder) / "taste.sqlite"))
    vector = np.zeros(model.autoencoder.decode.out_features, dtype=np.float32)
    dialogue, token = Dialogue.of("some mellow 90s rock, nothing too sad"), token_of(vector)
    generator.distribution(dialogue)
    return [
        _spread("time, kept vector", kept),
        _spread("time, vector after a new event", fresh),
        _spread("time, vector after a new event, written", written),
        _spread("time, token", _seconds(lambda: token_of(vector), repeats)),
        _spread("time, generator without", _seconds(lambda: generator.distribution(dialogue), repeats)),
        _spread("time, generator with token", _seconds(lambda: generator.distribution(dialogue, token), repeats)),
    ]


HISTORY = 20
"""Events of a simulated listener."""
STORED = 2_000
"""Simulated listeners that stand in a store, at most."""


def _refresh(model: "ListenerModel", codes: "Codes", count: int) -> list[Row]:
    """Time the vectors of `count` listeners with twenty events each: from arrays, and of some from a store."""
    import resource

    from segue.memory.events import Subject, TasteEvent
    from segue.memory.listener.history import History
    from segue.memory.listener.refresh import CHUNK, refresh, vectors_of
    from segue.memory.store import SqliteTasteStore

    random = np.random.default_rng(0)
    started = time.perf_counter()
    for start in range(0, count, CHUNK):
        rows = random.integers(0, len(codes), (min(CHUNK, count - start), HISTORY))
        weights = random.choice(np.array([1.0, 0.1, -0.3, -1.0], dtype=np.float32), rows.shape)
        vectors_of(model, [History(codes[own], weight) for own, weight in zip(rows, weights, strict=True)])
    alone = time.perf_counter() - started

    attributes = (Subject(kind="artist", value="Portishead"), Subject(kind="genre", value="trip hop"))

    async def stored(path: Path, listeners: int) -> float:
        store = SqliteTasteStore(path)
        for user in range(listeners):
            await store.append(
                [
                    TasteEvent(
                        key=str(number), user=str(user), time=datetime.now(UTC), kind="liked",
                        subject=Subject(kind="track", value=str(random.integers(len(codes)))),
                        attributes=attributes,
                    )
                    for number in range(HISTORY)
                ]
            )  # fmt: skip
        begun = time.perf_counter()
        await refresh(store, model, lambda subject: codes[int(subject.value)][None])
        seconds = time.perf_counter() - begun
        await store.aclose()
        return seconds

    listeners = min(count, STORED)
    with TemporaryDirectory() as folder:
        seconds = asyncio.run(stored(Path(folder) / "taste.sqlite", listeners))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Row(
            name="refresh, vectors alone",
            metrics={"listeners": count, "listeners_per_second": count / alone, "peak_mb": peak},
        ),
        Row(
            name="refresh, from a store",
            metrics={"listeners": listeners, "listeners_per_second": listeners / seconds},
        ),
    ]


def _seconds(work: Callable[[], object], repeats: int) -> list[float]:
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return found


def _spread(name: str, seconds: Sequence[float]) -> Row:
    milliseconds = 1000 * np.asarray(seconds)
    return Row(
        name=name, metrics={"p50_ms": float(np.median(milliseconds)), "p95_ms": float(np.quantile(milliseconds, 0.95))}
    )
