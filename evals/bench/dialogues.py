"""`segue bench dialogues`: for each turn of human conversations rank the whole catalog, given the dialogue so far.

Truth: the tracks liked in the turn. Tracks rated earlier are removed. Groups of turns have rows of their own:

- *named* / *unnamed*: whether the entity linker finds an artist, title or album of the catalog in the message;
- *turn N*: by place in the dialogue (6+ from the sixth on);
- *CPCD tracks*: the same turns, ranking only the tracks that carry a YouTube id. Every rated track has one, so that
  over a mixed catalog whatever tells the sources apart would pass for relevance.

`unique` counts turns where a row's first 100 hold a liked track that neither BM25's nor MiniLM's do.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track as progress_bar

from segue.evals.bench.result import BenchResult, Row, require_file
from segue.evals.bench.sample import evenly
from segue.evals.metrics import Ranks, bootstrap_difference, ranks_of, reciprocal_rank, summarise
from segue.generator.errors import SourceError
from segue.tools.ranking.dialogues import (
    JudgedTurn,
    Split,
    judged_turns,
    read_conversations,
    unresolved,
    youtube_positions,
)

if TYPE_CHECKING:
    from segue.evals.rankers import Corpus, Ranker

Candidates = Literal["all", "cpcd", "both"]
BASELINES = ("bm25", "minilm")
"""The rows that a unique hit is unique beside."""
UNIQUE_WITHIN = 100


def command(
    dialogs: Annotated[Path, typer.Option(help="Dialogues in CPCD's format, JSON Lines.")],
    catalog: Annotated[Path, typer.Option(help="A catalog folder, or a file of tracks.")],
    split: Annotated[Split, typer.Option(help="Dialogues by id: one in five is held out.")] = "held",
    candidates: Annotated[Candidates, typer.Option(help="Rank all tracks, those with YouTube ids, or both.")] = "both",
    rows: Annotated[str, typer.Option(help="Systems to run, separated by commas; all by default.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Turns at most, evenly spread.")] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Samples for the intervals of MRR; 0: none.")] = 1000,
    against: Annotated[str, typer.Option(help="The row that differences are taken to.")] = "fusion-4",
    ranking: Annotated[
        Path | None, typer.Option(help="Folder of weights by `segue ranking train`; the shipped ones by default.")
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder that keeps the vectors of a catalog file.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Measure rankers on human conversations."""
    from segue.evals.generators import GENERATORS
    from segue.evals.rankers import RANKERS
    from segue.evals.stacks import FULL, stack_rows

    known = (*RANKERS, *GENERATORS, FULL)
    chosen = [name.strip() for name in rows.split(",") if name.strip()] or [
        name for name in known if name != FULL or catalog.is_dir()
    ]
    wanted = list(dict.fromkeys((*BASELINES, *chosen)))
    unknown = [name for name in (*wanted, against) if name not in known or (name in GENERATORS and name == against)]
    if unknown:
        raise typer.BadParameter(f"no such row: {', '.join(unknown)}; there are {', '.join(known)}")
    conversations = read_conversations(require_file(dialogs), split)
    corpus = read_corpus(catalog, cache)
    positions = youtube_positions(corpus.tracks)
    turns = evenly(list(judged_turns(conversations, positions)), limit)
    if not turns:
        raise SourceError(f"no dialogue of {dialogs} ({split}) likes a track of {catalog}")
    named = names_something(corpus, turns)
    everything = np.ones(len(corpus.tracks), dtype=bool)
    rated = np.array([bool(track.ids.youtube) for track in corpus.tracks])
    pools = {"": everything, "CPCD tracks": rated}
    pools = {"all": {"": everything}, "cpcd": {"CPCD tracks": rated}, "both": pools}[candidates]
    rankers = [RANKERS[name](corpus) for name in dict.fromkeys((*wanted, against)) if name in RANKERS]
    for name in wanted:
        if name in GENERATORS:
            rankers += GENERATORS[name](corpus, catalog).rows()
    if FULL in (*wanted, against):
        rankers += stack_rows(corpus, catalog, ranking)
    ranks = rank_turns(rankers, turns, pools)
    BenchResult(
        bench="dialogues",
        data=_data(dialogs, catalog, split, corpus, rated, len(conversations))
        | {"against": against, "ranking": str(ranking or "shipped")},
        rows=[
            row
            for pool in pools
            for row in table_of(ranks[pool], turns, named, pool, against=against, samples=bootstrap)
        ],
        figures={
            "turns": len(turns),
            "named": float(np.mean(named)),
            "liked_tracks_not_in_catalog": unresolved(conversations, positions),
        },
    ).show(as_json=json_)  # fmt: skip


def read_corpus(path: Path, cache: Path | None) -> "Corpus":
    """Return the tracks of a catalog folder, with its vectors, or of a file."""
    from segue.evals.rankers import Corpus
    from segue.generator.sentences import SentenceEncoder
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.semantic_ids import open_codes
    from segue.tools.importing.library import read_tracks

    if path.is_dir():
        with Catalog.open(path) as catalog:
            table = open_codes(catalog)
            return Corpus(
                list(catalog), SentenceEncoder(), vectors=np.array(catalog.dense.vectors),
                codes=table.codes(np.arange(len(catalog))), tokenizer=table.fingerprint,
            )  # fmt: skip
    tracks, _ = read_tracks(require_file(path))
    return Corpus(tracks, SentenceEncoder(), cache=cache)


def names_something(corpus: "Corpus", turns: Sequence[JudgedTurn]) -> list[bool]:
    """Return for each turn whether its message names an artist, title or album of the catalog."""
    from segue.tools.search.entities import EntityLinker

    linker = EntityLinker.build(corpus.tracks)
    return [bool(linker.link(turn.state.message)) for turn in turns]


def rank_turns(
    rankers: "Sequence[Ranker]", turns: Sequence[JudgedTurn], pools: Mapping[str, NDArray[np.bool_]]
) -> dict[str, dict[str, list[Ranks]]]:
    """Return, by pool and row, the ranks of each turn's relevant tracks. Every relevant track is in every pool."""
    ranks: dict[str, dict[str, list[Ranks]]] = {pool: {ranker.name: [] for ranker in rankers} for pool in pools}
    for turn in progress_bar(turns, description="ranking", console=Console(stderr=True), transient=True):
        masks = {pool: mask.copy() for pool, mask in pools.items()}
        for mask in masks.values():
            mask[list(turn.state.rated)] = False
        for ranker in rankers:
            scores = ranker.scores(turn.state)
            for pool, mask in masks.items():
                ranks[pool][ranker.name].append(ranks_of(scores, turn.relevant, mask))
    return ranks


def unique_hits(ranks: Sequence[Ranks], baselines: Sequence[Sequence[Ranks]], k: int = UNIQUE_WITHIN) -> int:
    """Return the turns where the first `k` hold a relevant track that no baseline's first `k` do."""
    found = 0
    for number, own in enumerate(ranks):
        missed = np.all([baseline[number] > k for baseline in baselines], axis=0)
        found += bool(np.any((own <= k) & missed))
    return found


def table_of(
    ranks: Mapping[str, list[Ranks]],
    turns: Sequence[JudgedTurn],
    named: Sequence[bool],
    pool: str = "",
    *,
    against: str,
    samples: int,
) -> list[Row]:
    """Return a row for each ranker, and, without a `pool` of tracks, for each group of turns.

    `samples`: for the interval of the difference to the row `against`, by dialogue; 0: none.
    """
    baselines = [ranks[name] for name in BASELINES]
    dialogues = [turn.dialogue for turn in turns]
    reference = np.array([reciprocal_rank(r) for r in ranks[against]])
    groups = _groups(turns, named) if not pool else {}
    rows = []
    for name, own in ranks.items():
        metrics = summarise(own) | {"unique": unique_hits(own, baselines)}
        if samples and name != against:
            values = np.array([reciprocal_rank(r) for r in own])
            low, high = bootstrap_difference(values, reference, dialogues, samples=samples)
            metrics |= {"mrr_diff": float(np.mean(values - reference)), "mrr_diff_low": low, "mrr_diff_high": high}
        rows.append(Row(name=", ".join(filter(None, (name, pool))), metrics=metrics))
        rows += [
            Row(name=f"{name}, {group}", metrics=summarise([own[i] for i in i_s])) for group, i_s in groups.items()
        ]
    return rows


def _groups(turns: Sequence[JudgedTurn], named: Sequence[bool]) -> dict[str, list[int]]:
    groups = {
        "named": [i for i, is_named in enumerate(named) if is_named],
        "unnamed": [i for i, is_named in enumerate(named) if not is_named],
    }
    for number in range(1, 7):
        label = f"turn {number}" if number < 6 else "turn 6+"
        groups[label] = [i for i, turn in enumerate(turns) if min(turn.number, 6) == number]
    return {label: members for label, members in groups.items() if members}


def _data(
    dialogs: Path, catalog: Path, split: Split, corpus: "Corpus", rated: NDArray[np.bool_], conversations: int
) -> dict[str, Any]:
    return {
        "dialogs": str(dialogs),
        "catalog": str(catalog),
        "split": split,
        "dialogues": conversations,
        "tracks": len(corpus.tracks),
        "tracks with YouTube ids": int(rated.sum()),
    }
