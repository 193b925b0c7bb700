"""`segue bench requests`: rank a catalog for requests that people wrote with an artist in mind.

A request written for artist A is met

- strictly, by any track whose main artist is A;
- loosely, also by any track that shares with A at least one genre (folded; the main artist's or the track's own) and
  whose release decade lies within A's active years.

Requests never name A. One artist in five is held out of the ranker's training (`ArtistRequests.held_out`); the shipped
generators have read all of these requests, so the rows without the generator are the ones that nothing flatters.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track as progress_bar

from segue.evals.bench.dialogues import read_corpus
from segue.evals.bench.result import BenchResult, Row, require_file
from segue.evals.bench.sample import evenly
from segue.evals.metrics import bootstrap_difference, ranks_of, reciprocal_rank, summarise
from segue.evals.text_queries import met_loosely
from segue.generator.errors import SourceError
from segue.generator.names import artist_key
from segue.generator.training_data.artist_requests import read_artist_requests
from segue.tools.ranking.situation import Situation

BASELINE = "fusion"


def command(
    requests: Annotated[Path, typer.Option(help="Requests written for artists, JSON Lines.")],
    catalog: Annotated[Path, typer.Option(help="A catalog folder.")],
    everybody: Annotated[bool, typer.Option("--everybody", help="Artists of the training part as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Requests at most, evenly spread.")] = 500,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the ranking on requests written for artists."""
    from segue.evals.rankers import RANKERS
    from segue.evals.stacks import stack_rows

    corpus = read_corpus(catalog, None)
    rows = [row for row in read_artist_requests(require_file(requests)) if everybody or row.held_out]
    by_artist: dict[str, list[int]] = {}
    for position, track in enumerate(corpus.tracks):
        by_artist.setdefault(artist_key(track.artists[0].name), []).append(position)
    asked = [(key, text) for row in rows if (key := artist_key(row.artist)) in by_artist for text in row.requests]
    if not asked:
        raise SourceError(f"no artist of {requests} has a track in {catalog}")
    asked = evenly(asked, limit)
    rankers = [RANKERS[name](corpus) for name in ("bm25", "minilm", BASELINE)] + stack_rows(corpus, catalog)
    everything = np.ones(len(corpus.tracks), dtype=bool)
    looser = {key: met_loosely(corpus.tracks, by_artist[key]) for key, _ in asked}
    strict: dict[str, list[NDArray[np.int64]]] = {ranker.name: [] for ranker in rankers}
    loose: dict[str, list[NDArray[np.int64]]] = {ranker.name: [] for ranker in rankers}
    for key, text in progress_bar(asked, description="ranking", console=Console(stderr=True), transient=True):
        situation = Situation(text)
        for ranker in rankers:
            scores = ranker.scores(situation)
            strict[ranker.name].append(ranks_of(scores, by_artist[key], everything))
            loose[ranker.name].append(ranks_of(scores, looser[key], everything))
    artists = [key for key, _ in asked]
    reference = np.array([reciprocal_rank(ranks) for ranks in loose[BASELINE]])
    table = []
    for ranker in rankers:
        own = summarise(loose[ranker.name])
        values = np.array([reciprocal_rank(ranks) for ranks in loose[ranker.name]])
        low, high = bootstrap_difference(values, reference, artists, samples=1000)
        by_name = summarise(strict[ranker.name])
        metrics = {name: own[name] for name in ("mrr", "hit@1", "hit@10", "hit@100")}
        metrics |= {"mrr_diff_low": low, "mrr_diff_high": high}
        metrics |= {f"strict {name}": by_name[name] for name in ("mrr", "hit@10", "hit@100")}
        table.append(Row(name=ranker.name, metrics=metrics))
    BenchResult(
        bench="requests",
        data={
            "requests": str(requests),
            "catalog": str(catalog),
            "artists": "all" if everybody else "held out",
            "against": BASELINE,
        },
        rows=table,
        figures={
            "requests": len(asked),
            "tracks that meet a request loosely, share": float(np.mean([len(v) for v in looser.values()]))
            / len(corpus.tracks),
        },
    ).show(as_json=json_)
