"""Folders of generators that know the answers are refused."""

import json
from pathlib import Path

import pytest

from segue.generator.errors import UserError
from segue.generator.training_data.example import fold_of
from segue.tools.catalog.catalog import Catalog
from segue.tools.ranking.folds import read_generators, unseeing


@pytest.mark.parametrize(
    ("manifests", "told"),
    [
        ([], "holds no fold-0"),
        ([{"without_fold": 0, "folds": 2}], "not fold 0 of 1"),
        ([{"without_fold": 1, "folds": 2}, {"without_fold": 0, "folds": 2}], "not fold 0 of 2"),
        ([{}, {}], "not fold 0 of 2"),
    ],
)
def test_generators_that_know_the_answers_are_refused(
    catalog: Catalog, tmp_path: Path, manifests: list[dict[str, int]], told: str
) -> None:
    for number, manifest in enumerate(manifests):
        (tmp_path / f"fold-{number}").mkdir()
        (tmp_path / f"fold-{number}" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UserError, match=told):
        read_generators(tmp_path, catalog)


def test_the_one_that_was_made_without_a_dialogue_is_asked_about_it() -> None:
    assert unseeing([], "d1") is None
    names = ["zero", "one", "two"]
    assert unseeing(names, "d1") == names[fold_of("d1", 3)]  # type: ignore[comparison-overlap, arg-type]
