"""`segue bench tokens`: how often a generator's codes are those of the music that was liked (TalkPlay, section 5.2).

For each held-out turn of human conversations with a liked track, as in `segue bench dialogues`, the generator writes
one semantic ID greedily; each liked track of the turn makes a pair with it. `level l` is the share of pairs whose codes
match up to level l, of the tracks that have the modality; `x drawn` is that share divided by the chance of codes drawn
from the catalog, which is what is left when the commonness of codes is taken out. Rows are one for each modality and
one over all nine, for

- *drawn*: codes of tracks drawn at random, the exact expectation;
- *commonest*: always the commonest codes of each modality, a prior that never listens;
- the generators, with the codes that they speak.

Warm is a track that was rated in the conversations of the training part, cold is any other; each has its own
`x drawn`. `together` counts the modalities in which one and the same track matches to a level, for the best track:
TalkPlay's match of whole sequences. Its baseline is *shuffled*: each modality drawn by itself. `per warm track` and
`per cold track` are TalkPlay's normalised rates: turns whose first track by hard matching is warm, by all warm tracks.

The catalog is that of the conversations: the tracks with YouTube ids. Over all tracks of a mixed catalog the codes that
tell its sources apart would pass for a good guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track as progress_bar

from segue.evals import token_match
from segue.evals.bench.dialogues import read_corpus
from segue.evals.bench.result import BenchResult, Row, require_file
from segue.evals.bench.sample import evenly
from segue.evals.metrics import bootstrap_difference
from segue.generator.errors import SourceError
from segue.generator.layout import Codes
from segue.generator.modality import LEVELS, MODALITIES
from segue.tools.ranking.dialogues import JudgedTurn, Split, judged_turns, read_conversations, youtube_positions


def command(
    dialogs: Annotated[Path, typer.Option(help="Dialogues in CPCD's format, JSON Lines.")],
    catalog: Annotated[Path, typer.Option(help="A catalog folder, or a file of tracks.")],
    split: Annotated[Split, typer.Option(help="Dialogues by id: one in five is held out.")] = "held",
    rows: Annotated[str, typer.Option(help="Generators, separated by commas.")] = "compact,parallel",
    limit: Annotated[int | None, typer.Option(min=1, help="Turns at most, evenly spread.")] = None,
    bootstrap: Annotated[int, typer.Option(min=1, help="Samples for the intervals.")] = 1000,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the codes that generators predict with those of the tracks liked."""
    from segue.evals.generators import GENERATORS
    from segue.tools.match import LEVEL_VALUES

    wanted = [name.strip() for name in rows.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in GENERATORS]
    if unknown:
        raise typer.BadParameter(f"no such generator: {', '.join(unknown)}; there are {', '.join(GENERATORS)}")
    corpus = read_corpus(catalog, None)
    positions = youtube_positions(corpus.tracks)
    turns = list(judged_turns(read_conversations(require_file(dialogs), split), positions))
    if not turns:
        raise SourceError(f"no dialogue of {dialogs} ({split}) likes a track of {catalog}")
    turns = evenly(turns, limit)
    rated = {
        positions[youtube]
        for conversation in read_conversations(dialogs, "train")
        for turn in conversation.turns
        for youtube in (*turn.liked_results, *turn.disliked_results)
        if youtube in positions
    }
    warm = np.isin(np.arange(len(corpus.tracks)), sorted(rated))
    pool = np.array([bool(track.ids.youtube) for track in corpus.tracks])
    values = np.concatenate(([0.0], np.cumsum(LEVEL_VALUES)))
    judge = Judge(turns, pool, warm, values, bootstrap)
    table = judge.baselines(corpus.codes)
    for name in wanted:
        generator = GENERATORS[name](corpus, catalog)
        told = progress_bar(turns, description=name, console=Console(stderr=True), transient=True)
        predicted = np.stack([generator.predicted(turn.state) for turn in told])
        table += judge.rows(name, predicted, generator.codes)
    BenchResult(
        bench="tokens",
        data={
            "dialogs": str(dialogs),
            "catalog": str(catalog),
            "split": split,
            "tracks with YouTube ids": int(pool.sum()),
            "warm": "rated in a training dialogue",
        },
        rows=table,
        figures={
            "turns": len(turns),
            "pairs": len(judge.of),
            "pairs, cold": int((~judge.warm_pairs).sum()),
            "tracks, warm": int((warm & pool).sum()),
            "tracks, cold": int((~warm & pool).sum()),
        },
    ).show(as_json=json_)


@dataclass(frozen=True, eq=False)
class Judge:
    """Holds the truth of some turns against predictions."""

    turns: Sequence[JudgedTurn]
    pool: NDArray[np.bool_]
    """Whether a track belongs to the catalog of the conversations: bool [tracks]; every liked track does."""
    warm: NDArray[np.bool_]
    """bool [tracks]."""
    values: NDArray[np.float64]
    """What a modality counts in hard matching by the levels that match: [4]."""
    samples: int

    @property
    def of(self) -> list[int]:
        """For each pair the number of its turn."""
        return [number for number, turn in enumerate(self.turns) for _ in turn.relevant]

    @property
    def liked(self) -> list[int]:
        """For each pair the position of its track."""
        return [position for turn in self.turns for position in turn.relevant]

    @property
    def warm_pairs(self) -> NDArray[np.bool_]:
        """For each pair whether its track is warm."""
        return self.warm[self.liked]

    def baselines(self, codes: Codes) -> list[Row]:
        """Return the rows of what never listens, by the semantic IDs `codes` [tracks, 27]."""
        catalog = codes[self.pool]
        chance = token_match.drawn(catalog, codes[self.liked])
        rows = self._table("drawn", chance, chance)
        common = np.tile(token_match.commonest(catalog), (len(self.turns), 1))
        rows += self.rows("commonest", common, codes)
        mixed = token_match.shuffled(catalog, len(self.turns))
        return [*rows, Row(name="shuffled", metrics=self._whole(mixed, codes))]

    def rows(self, name: str, predicted: Codes, codes: Codes) -> list[Row]:
        """Return the rows of the semantic IDs `predicted` [turns, 27] over a catalog with `codes` [tracks, 27]."""
        wanted = codes[self.liked]
        found = token_match.matches(predicted[self.of], wanted)
        rows = self._table(name, found, token_match.drawn(codes[self.pool], wanted))
        rows[0].metrics.update(self._whole(predicted, codes))
        return rows

    def _table(self, name: str, found: NDArray[np.float64], chance: NDArray[np.float64]) -> list[Row]:
        rows = [Row(name=name, metrics=self._metrics(found, chance, slice(None)))]
        for place, modality in enumerate(MODALITIES):
            if not np.isnan(found[:, place]).all():
                metrics = self._metrics(found, chance, slice(place, place + 1))
                rows.append(Row(name=f"{name}, {modality}", metrics=metrics))
        return rows

    def _metrics(self, found: NDArray[np.float64], chance: NDArray[np.float64], modalities: slice) -> dict[str, float]:
        own, expected = found[:, modalities], chance[:, modalities]
        metrics: dict[str, float] = {"pairs": int(np.isfinite(own[:, :, 0]).any(axis=1).sum())}
        for level in range(LEVELS):
            metrics[f"level {level + 1}"] = float(np.nanmean(own[:, :, level]))
        for level in range(LEVELS):
            metrics[f"x drawn {level + 1}"] = _times(own[:, :, level], expected[:, :, level])
        # One number a pair, so that a dialogue's pairs can be resampled together.
        counted = np.isfinite(own[:, :, 0]).sum(axis=1) > 0
        ours, theirs = (np.nanmean(part[counted][:, :, 0], axis=1) for part in (own, expected))
        dialogues = [self.turns[turn].dialogue for turn, kept in zip(self.of, counted, strict=True) if kept]
        low, high = bootstrap_difference(ours, theirs, dialogues, samples=self.samples)
        metrics |= {"level 1 - drawn, low": low, "level 1 - drawn, high": high}
        for label, part in (("warm", self.warm_pairs), ("cold", ~self.warm_pairs)):
            if not np.isnan(own[part]).all():
                metrics[f"{label} level 1"] = float(np.nanmean(own[part][:, :, 0]))
                metrics[f"{label} x drawn"] = _times(own[part][:, :, 0], expected[part][:, :, 0])
        return metrics

    def _whole(self, predicted: Codes, codes: Codes) -> dict[str, float]:
        catalog, warm = codes[self.pool], self.warm[self.pool]
        together = token_match.agreement(predicted, catalog).mean(axis=0)
        first = warm[token_match.first_matches(predicted, catalog, self.values.tolist())]
        metrics = {f"together {level}": float(together[level - 1]) for level in (1, LEVELS)}
        for label, hits, tracks in (("warm", first, warm), ("cold", ~first, ~warm)):
            if tracks.any():
                metrics[f"per {label} track"] = float(hits.sum() / tracks.sum())
        return metrics


def _times(own: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    chance = float(np.nanmean(expected))
    return float(np.nanmean(own)) / chance if chance else float("nan")
