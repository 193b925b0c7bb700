"""`segue bench cross-validated`: the learned order on all training dialogues, none of which it has learnt from.

`segue bench dialogues` has 226 turns that were never trained on, and an interval of .07 around each figure. Here every
training dialogue is judged once, by a tower and an order that were made without its fold (`ranking.training`), and by a
generator of `segue generator train --folds` that was made without it. So it says how good this way of learning is, on
five times as many turns; what ships has learnt from all of them. The catalog that is ranked may be another one than
what is learnt over, as it is for whoever embeds Segue.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console

from segue.evals.bench.dialogues import names_something, rank_turns, read_corpus, table_of
from segue.evals.bench.result import BenchResult, require_file
from segue.evals.metrics import Ranks, bootstrap_difference, reciprocal_rank
from segue.generator.errors import SourceError
from segue.generator.training_data.artist_requests import read_artist_requests
from segue.tools.ranking.dialogues import JudgedTurn, judged_turns, read_conversations, youtube_positions

if TYPE_CHECKING:
    from segue.evals.rankers import Corpus
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.ranking.stock import Distributes
    from segue.tools.ranking.training import Lessons

GENERATOR = "generator"
BASELINES = ("bm25", "minilm", "fusion-4")


def command(
    dialogs: Annotated[Path, typer.Option(help="Dialogues in CPCD's format, JSON Lines; their training part counts.")],
    learn: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The catalog folder to learn over.")],
    catalog: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The catalog folder to rank.")],
    generators: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="What `segue generator train --folds` wrote.")
    ],
    artist_requests: Annotated[Path | None, typer.Option(help="Requests written for artists, JSON Lines.")] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Samples for the intervals of MRR; 0: none.")] = 1000,
    against: Annotated[str, typer.Option(help="The row that differences are taken to.")] = "fusion-4",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Measure the learned order on the dialogues that it is learnt from, by cross-validation."""
    from segue.evals.stacks import FULL
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.semantic_ids import open_codes
    from segue.tools.ranking.folds import read_generators
    from segue.tools.ranking.sources import SOURCES
    from segue.tools.ranking.training import Lessons

    known = (*BASELINES, *(f"source {name}" for name in SOURCES), f"{FULL} without {GENERATOR}", FULL)
    if against not in known:
        raise typer.BadParameter(f"no such row: {against}; there are {', '.join(known)}")
    console = Console(stderr=True)
    conversations = read_conversations(require_file(dialogs), "train")
    written = read_artist_requests(artist_requests) if artist_requests else []
    with Catalog.open(learn) as over, Catalog.open(catalog) as ranked:
        if open_codes(over).fingerprint != open_codes(ranked).fingerprint:
            raise SourceError(f"{learn} and {catalog} have semantic IDs of different tokenizers")
        made = read_generators(generators, over)
        turns = list(judged_turns(conversations, youtube_positions(over)))
        asked = list(judged_turns(conversations, youtube_positions(ranked)))
        if not turns or not asked:
            raise SourceError(f"no dialogue of {dialogs} likes a track of {catalog if turns else learn}")
        requests = [row for row in written if not row.held_out]
        lessons = Lessons(over, turns, requests, made, report=console.print)
        corpus = read_corpus(catalog, None)
        judged, ranks = cross_validate(lessons, ranked, corpus, asked, made, report=console.print)
        named = names_something(corpus, judged)
    BenchResult(
        bench="cross-validated",
        data={
            "dialogs": str(dialogs), "learn": str(learn), "catalog": str(catalog), "dialogues": len(conversations),
            "tracks": len(corpus.tracks), "against": against,
        },
        rows=table_of(ranks, judged, named, against=against, samples=bootstrap),
        figures={"turns": len(judged), "named": float(np.mean(named))} | _increment(judged, ranks, bootstrap),
    ).show(as_json=json_)  # fmt: skip


def _increment(turns: Sequence[JudgedTurn], ranks: Mapping[str, Sequence[Ranks]], samples: int) -> dict[str, float]:
    """Return what the generator adds to the MRR of the stack; with `samples`, the interval of that by dialogue too."""
    from segue.evals.stacks import FULL

    ours, theirs = (
        np.array([reciprocal_rank(own) for own in ranks[name]]) for name in (FULL, f"{FULL} without {GENERATOR}")
    )
    added = {"generator_adds_mrr": float(np.mean(ours - theirs))}
    if not samples:
        return added
    low, high = bootstrap_difference(ours, theirs, [turn.dialogue for turn in turns], samples=samples)
    return added | {"generator_adds_mrr_low": low, "generator_adds_mrr_high": high}


def cross_validate(
    lessons: "Lessons",
    catalog: "Catalog",
    corpus: "Corpus",
    turns: Sequence[JudgedTurn],
    generators: "Sequence[Distributes]",
    *,
    report: Callable[[str], None] = lambda _: None,
) -> tuple[list[JudgedTurn], dict[str, list[Ranks]]]:
    """Rank `catalog`, whose tracks are `corpus`, for each of `turns` by what was learnt from the other folds.

    Returns the turns, fold by fold, and by row the ranks of each turn's relevant tracks. `generators` as in `learn`.
    """
    from segue.evals.rankers import RANKERS
    from segue.evals.stacks import rows_of
    from segue.tools.ranking.folds import unseeing
    from segue.tools.ranking.stock import Stock
    from segue.tools.ranking.training import fit_rankers, let_see, shelf_of

    folds = list(lessons.folds())
    stock, shelf = Stock(catalog), shelf_of(catalog, corpus.encoder)
    baselines = [RANKERS[name](corpus) for name in BASELINES]
    everything = {"": np.ones(len(catalog), dtype=bool)}
    judged: list[JudgedTurn] = []
    ranks: dict[str, list[Ranks]] = {}
    for fold in folds:
        report(f"ranking fold {fold.number + 1}")
        rankers = fit_rankers([turn for other in folds if other is not fold for turn in other.judged], (GENERATOR,))
        let_see(stock, fold.tower, shelf)
        for stock.generator in generators or (None,):
            own = [
                turn
                for turn in turns
                if fold.holds(turn.dialogue) and unseeing(generators, turn.dialogue) is stock.generator
            ]
            judged += own
            for name, found in rank_turns([*baselines, *rows_of(stock, rankers)], own, everything)[""].items():
                ranks.setdefault(name, []).extend(found)
    return judged, ranks
