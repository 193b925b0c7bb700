"""A small version of `segue bench storage`."""

from pathlib import Path

import pytest

from segue.evals.bench.storage_trials import generation, kill_writers, race_writers, verify
from segue.generator.sentences import HashingEncoder
from segue.tools.catalog.update import update_catalog


def test_a_killed_import_leaves_the_old_or_the_new_catalog(tmp_path: Path) -> None:
    found = kill_writers(tmp_path, kills=6, tracks=60, seed=1)
    assert found.torn == []
    assert found.trials == found.kept_old + found.became_new == 6
    assert found.interrupted > 0
    assert found.leftovers == 0


def test_of_two_writers_one_is_turned_away_within_two_seconds(tmp_path: Path) -> None:
    found = race_writers(tmp_path, races=1, tracks=30, hold=2.5)
    assert found.torn == []
    assert found.locked == 1


def test_the_verification_notices_what_it_is_there_for(tmp_path: Path) -> None:
    update_catalog(tmp_path, generation(0, 9), encoder=HashingEncoder())
    assert verify(tmp_path, [generation(1, 9), generation(0, 9)]) == 1
    with pytest.raises(ValueError, match="not in list"):
        verify(tmp_path, [generation(1, 9)])
