"""`segue bench music-crs`: the figures of the Music-CRS challenge for files of predictions, side by side."""

from pathlib import Path
from typing import Annotated

import typer

from segue.evals.bench.result import BenchResult, Row


def command(
    predictions: Annotated[list[Path], typer.Argument(help="Files of predictions, in the challenge's JSON.")],
    answers: Annotated[Path, typer.Option(help="The right tracks: session_id, turn_number, ground_truth_track_id.")],
    tracks: Annotated[int, typer.Option(min=1, help="Tracks in the catalog, for its diversity.")],
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score predictions as the Music-CRS challenge does."""
    from segue.evals.music_crs import read_answers, read_predictions, score

    wanted = read_answers(answers)
    rows = []
    for path in predictions:
        found = score(read_predictions(path), wanted, catalog_size=tracks)
        metrics = {f"{name} (turns)": value for name, value in found.over_turns.items()}
        metrics |= {f"{name} (sessions)": value for name, value in found.over_sessions.items()}
        metrics |= {"catalog diversity": found.catalog_diversity}
        metrics |= {"distinct-1": found.distinct_1, "distinct-2": found.distinct_2}
        rows.append(Row(name=path.name, metrics=metrics))
    data = {
        "answers": str(answers), "turns": len(wanted), "sessions": len({one.session_id for one in wanted}),
        "tracks": tracks,
    }  # fmt: skip
    BenchResult(bench="music-crs", data=data, rows=rows).show(as_json=json_)
