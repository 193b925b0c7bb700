"""`segue bench text-to-music`: the share of right tracks among the first k for a text (3MToken, sections 3.3 and 3.4).

The texts and what is right for them stand in `segue.evals.text_queries`. Precision at 1 to 10 is counted as in the
paper's figure 2a, `p@1-10` is its mean; places that a system leaves empty count as wrong. `chance` is the precision of
any order drawn at random. Equal scores are ordered at random, the same for all rows, for a catalog's own order may be
one of popularity.

Rows as in `segue bench dialogues`; with `--modalities` also the rows of the ablation (figure 2b): each modality alone,
and all but each. `diff` is the mean difference of p@1-10 to the row `--against`, with its 95 % interval; rows of the
ablation are compared with the whole of their generator, `g, weighted`.

The shipped generators have read all requests in training, and no tags, so that the tags are the test of them; what
`compact anew`, `compact k-means` and `compact random` learn from holds neither.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track as progress_bar

from segue.evals.bench.dialogues import read_corpus
from segue.evals.bench.result import BenchResult, Row, require_file
from segue.evals.bench.sample import evenly
from segue.evals.metrics import bootstrap_difference, precision
from segue.generator.errors import SourceError
from segue.tools.ranking.situation import Situation

if TYPE_CHECKING:
    from segue.evals.rankers import Ranker, Scores
    from segue.evals.text_queries import TextQuery

DEPTH: Final = 10
SHOWN: Final = (1, 2, 3, 5, 10)
"""Of the ten precisions these have columns."""


def command(
    catalog: Annotated[Path, typer.Option(help="A catalog folder, or a file of tracks.")],
    requests: Annotated[Path | None, typer.Option(help="Requests written for artists, JSON Lines.")] = None,
    tags: Annotated[Path | None, typer.Option(help="Folder of the radio songs and their tags.")] = None,
    rows: Annotated[str, typer.Option(help="Systems to run, separated by commas.")] = (
        "bm25,minilm,fusion,compact,parallel,compact random,compact k-means,compact anew"
    ),
    modalities: Annotated[str, typer.Option(help="Generators whose modalities are taken apart.")] = "compact",
    against: Annotated[str, typer.Option(help="The row that differences are taken to.")] = "minilm",
    limit: Annotated[int, typer.Option(min=1, help="Texts of each kind at most, evenly spread.")] = 500,
    bootstrap: Annotated[int, typer.Option(min=1, help="Samples for the intervals.")] = 1000,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find music by a text: what listeners call songs, and what they ask for."""
    from segue.evals.generators import GENERATORS
    from segue.evals.rankers import RANKERS
    from segue.evals.text_queries import KINDS, request_queries, tag_queries

    wanted = list(dict.fromkeys((against, *_names(rows), *_names(modalities))))
    unknown = [name for name in wanted if name not in RANKERS and name not in GENERATORS]
    if unknown or against not in RANKERS:
        told = ", ".join(unknown) or f"{against} among the baselines"
        raise typer.BadParameter(f"no such row: {told}; there are {', '.join((*RANKERS, *GENERATORS))}")
    corpus = read_corpus(catalog, None)
    found = [] if requests is None else request_queries(require_file(requests), corpus.tracks)
    listened = [] if tags is None else tag_queries(tags, corpus.tracks)
    queries = [query for kind in KINDS for query in evenly([q for q in (*found, *listened) if q.kind == kind], limit)]
    if not queries:
        raise SourceError(f"no text of the requests and tags given is met by a track of {catalog}")
    rankers: list[Ranker] = [RANKERS[name](corpus) for name in wanted if name in RANKERS]
    whole: dict[str, str] = {}
    for name in wanted:
        if name in GENERATORS:
            generator = GENERATORS[name](corpus, catalog)
            rankers += generator.rows()
            if name in _names(modalities):
                taken_apart = generator.by_modality()
                rankers += taken_apart
                whole |= {row.name: f"{name}, weighted" for row in taken_apart}
    precisions = measure(rankers, queries)
    BenchResult(
        bench="text-to-music",
        data={
            "catalog": str(catalog),
            "requests": str(requests or "none"),
            "tags": str(tags or "none"),
            "tracks": len(corpus.tracks),
            "tracks with tags": int(listened[0].pool.sum()) if listened else 0,
            "held out": "requests for one artist in five",
            "against": against,
        },
        rows=_rows(precisions, queries, whole, against, bootstrap),
        figures={f"texts, {kind}": sum(query.kind == kind for query in queries) for kind in _kinds(queries)},
    ).show(as_json=json_)


def measure(rankers: "Sequence[Ranker]", queries: "Sequence[TextQuery]") -> dict[str, NDArray[np.float64]]:
    """Return, by row, the precision at 1 to 10 of each query: [queries, 10]; the row `chance` is the first."""
    order = np.random.default_rng(0).permutation(len(queries[0].pool))
    shares = [[query.relevant.sum() / query.pool.sum()] * DEPTH for query in queries]
    precisions: dict[str, list[list[float]]] = {"chance": shares} | {ranker.name: [] for ranker in rankers}
    for query in progress_bar(queries, description="ranking", console=Console(stderr=True), transient=True):
        situation = Situation(query.text)
        for ranker in rankers:
            first = first_of(ranker.scores(situation), query.pool, order)
            ranks = 1 + np.flatnonzero(query.relevant[first])
            precisions[ranker.name].append([precision(ranks, k) for k in range(1, DEPTH + 1)])
    return {name: np.array(values, dtype=np.float64) for name, values in precisions.items()}


def first_of(scores: "Scores", pool: NDArray[np.bool_], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of the first ten of the pool that were found; equal scores in the order of `order` [n]."""
    candidates = np.flatnonzero(pool & np.isfinite(scores))
    first: NDArray[np.int64] = candidates[np.lexsort((order[candidates], -scores[candidates]))][:DEPTH]
    return first


def _rows(
    precisions: Mapping[str, NDArray[np.float64]],
    queries: "Sequence[TextQuery]",
    whole: Mapping[str, str],
    against: str,
    samples: int,
) -> list[Row]:
    rows = []
    for kind in _kinds(queries):
        members = [number for number, query in enumerate(queries) if query.kind == kind]
        groups = [queries[number].group for number in members]
        for name, values in precisions.items():
            own = values[members]
            metrics = {f"p@{k}": float(own[:, k - 1].mean()) for k in SHOWN} | {"p@1-10": float(own.mean())}
            reference = whole.get(name, against)
            if name != reference:
                ours, theirs = own.mean(axis=1), precisions[reference][members].mean(axis=1)
                low, high = bootstrap_difference(ours, theirs, groups, samples=samples)
                metrics |= {"diff": float(np.mean(ours - theirs)), "diff_low": low, "diff_high": high}
            rows.append(Row(name=f"{kind}: {name}", metrics=metrics))
    return rows


def _kinds(queries: "Sequence[TextQuery]") -> list[str]:
    return list(dict.fromkeys(query.kind for query in queries))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
