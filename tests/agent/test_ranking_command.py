"""`segue ranking train`: folders of generators that a ranker must not learn from are refused."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segue.agent.cli import build_app
from segue.generator.errors import UserError
from segue.tools.catalog.default import default_catalog


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
    tmp_path: Path, manifests: list[dict[str, int]], told: str
) -> None:
    for number, manifest in enumerate(manifests):
        (tmp_path / f"fold-{number}").mkdir()
        (tmp_path / f"fold-{number}" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    dialogues = tmp_path / "dialogues.jsonl"
    dialogues.write_text("", encoding="utf-8")
    arguments = ["--catalog", default_catalog(), "--generators", tmp_path, "--dialogues", dialogues]
    with pytest.raises(UserError, match=told):
        CliRunner().invoke(
            build_app(),
            [str(each) for each in ("ranking", "train", *arguments, "--out", tmp_path / "out")],
            catch_exceptions=False,
        )
