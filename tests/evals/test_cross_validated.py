"""Every dialogue is ranked once, by what has not learnt from it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from segue.evals.bench.app import app
from segue.evals.bench.cross_validated import cross_validate
from segue.evals.metrics import summarise
from segue.evals.rankers import Corpus
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog
from segue.tools.ranking import training
from segue.tools.ranking.dialogues import JudgedTurn
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.tower import Tower
from segue.tools.ranking.tower_training import Shelf, TowerSettings, Wants, train_tower
from segue.tools.ranking.training import Lessons

GENRES = ("trip hop", "country", "soul", "rock")
TURNS = [JudgedTurn(f"d{n}", 1, Situation(f"some {GENRES[n % 4]}"), (n % 4 + 4 * (n % 5),)) for n in range(20)]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    folder = tmp_path_factory.mktemp("cross")
    update_catalog(
        folder,
        [
            Track.model_validate(
                {"id": f"t{n}", "title": f"no {n}", "artists": [f"who {n}"], "genres": [GENRES[n % 4]]}
            )
            for n in range(24)
        ],
        encoder=HashingEncoder(),
    )
    with Catalog.open(folder) as opened:
        yield opened


def test_every_turn_is_ranked_once_beside_the_baselines(catalog: Catalog) -> None:
    lessons = Lessons(catalog, TURNS, [], [], settings=TowerSettings(steps=1))
    judged, ranks = cross_validate(lessons, catalog, Corpus(list(catalog), HashingEncoder()), TURNS, [])
    assert sorted(turn.dialogue for turn in judged) == sorted(turn.dialogue for turn in TURNS)
    assert {"bm25", "minilm", "fusion-4", "stack", "stack without generator", "source lexical"} <= ranks.keys()
    assert {len(own) for own in ranks.values()} == {len(TURNS)}
    assert summarise(ranks["stack"])["hit@10"] == 1.0


def test_no_tower_and_no_order_has_learnt_from_the_fold_that_it_ranks(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught: list[set[tuple[int, ...]]] = []

    def watched(shelf: Shelf, spoken: Wants, written: Wants, encoder: str, settings: TowerSettings) -> Tower:
        taught.append(set(spoken.answers))
        return train_tower(shelf, spoken, written, encoder, settings)

    monkeypatch.setattr(training, "train_tower", watched)
    turns = [JudgedTurn(turn.dialogue, 1, turn.state, (n,)) for n, turn in enumerate(TURNS)]
    folds = list(Lessons(catalog, turns, [], [], settings=TowerSettings(steps=1)).folds())
    for fold, answers in zip(folds, taught, strict=True):
        own = {turn.relevant for turn in turns if fold.holds(turn.dialogue)}
        assert own
        assert not own & answers
        assert len(own) + len(answers) == len(turns)
        assert len(fold.judged) == len(own)
    assert np.sum([len(fold.judged) for fold in folds]) == len(turns)


def test_a_row_that_is_not_there_is_refused_before_anything_is_learnt(tmp_path: Path) -> None:
    given = [f"--{name}={tmp_path}" for name in ("learn", "catalog", "generators")]
    result = CliRunner().invoke(app, ["cross-validated", f"--dialogs={tmp_path / 'none'}", *given, "--against=stak"])
    assert result.exit_code == 2
    assert "no such row: stak" in result.output
