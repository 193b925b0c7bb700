"""The ranking as rows of a bench."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segue.evals.rankers import Corpus, Ranker
from segue.evals.stacks import FULL, rows_of, stack_rows
from segue.generator.errors import UserError
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog
from segue.tools.ranking.ranker import Rankers
from segue.tools.ranking.situation import PastTurn, Situation
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.stock import Stock

TRACKS = [
    Track.model_validate({"id": f"t{n}", "title": title, "artists": [artist], "genres": [genre]})
    for n, (title, artist, genre) in enumerate(
        [("Creep", "Radiohead", "rock"), ("Jolene", "Dolly Parton", "country"), ("So What", "Miles Davis", "jazz")]
    )
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ranker]]:
    folder = tmp_path_factory.mktemp("stacks")
    update_catalog(folder, TRACKS, encoder=HashingEncoder())
    with Catalog.open(folder) as opened:
        found = rows_of(Stock(opened), Rankers.shipped(tuple(SOURCES)))
        yield {row.name: row for row in found}


def test_every_source_has_a_row_alone_and_a_stack_without_it(rows: dict[str, Ranker]) -> None:
    assert set(rows) == {f"source {s}" for s in SOURCES} | {f"{FULL} without {s}" for s in SOURCES} | {FULL}


def test_the_full_stack_finds_what_is_named(rows: dict[str, Ranker]) -> None:
    assert int(np.argmax(rows[FULL].scores(Situation("play Jolene by Dolly Parton")))) == 1


def test_a_silent_source_finds_nothing_and_what_was_rated_is_not_ranked(rows: dict[str, Ranker]) -> None:
    state = Situation("jazz", (PastTurn("rock", "here", liked=(0,)),))
    assert not np.isfinite(rows["source generator"].scores(state)).any()
    scores = rows[FULL].scores(state)
    assert scores[0] == -np.inf
    assert int(np.argmax(scores)) == 2


def test_a_stack_without_a_source_does_not_see_it(rows: dict[str, Ranker]) -> None:
    state = Situation("play Jolene by Dolly Parton")
    assert not np.array_equal(rows[f"{FULL} without named"].scores(state), rows[FULL].scores(state))


def test_a_file_of_tracks_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="segue catalog import"):
        stack_rows(Corpus(TRACKS, HashingEncoder()), tmp_path / "tracks.jsonl")
