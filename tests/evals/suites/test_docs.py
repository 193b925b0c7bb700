"""The documentation of suites says what is, and shipped suites stay what they are said to be."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segue.agent.cli import build_app
from segue.agent.wish import ACTS
from segue.evals.suites.loader import SHIPPED, load
from segue.evals.suites.schema import Expect, Traits
from segue.evals.suites.truth import verify
from segue.generator.track import Track

DOCS = (Path(__file__).parents[3] / "docs" / "suites.md").read_text(encoding="utf-8")


def test_the_suite_that_the_documentation_shows_is_one(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    path = tmp_path / "docs.suite.yaml"
    path.write_text(shown)
    assert [dialogue.name for dialogue in load([path])] == [
        "something calm [genre=trip hop]", "something calm [genre=bossa nova]",
    ]  # fmt: skip


def test_every_expectation_and_trait_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOCS, re.MULTILINE)
    assert rows == list(Expect.model_fields)
    assert all(f"`{name}`" in DOCS for name in Traits.model_fields)


@pytest.mark.parametrize("command", [["eval"], ["bench", "simulate"], ["bench", "music-crs"]])
def test_every_option_that_is_shown_exists(command: list[str]) -> None:
    done = CliRunner().invoke(build_app(), [*command, "--help"], env={"COLUMNS": "200"})
    lines = [line for line in DOCS.split("\n") if f"segue {' '.join(command)}" in line]
    shown = set(re.findall(r"(?<= )--?[a-z-]+", " ".join(line.split("#")[0] for line in lines)))
    assert lines
    assert shown <= set(re.findall(r"--?[a-z-]+", done.output)), done.output


def test_shipped_dialogues_are_many_true_of_the_catalog_and_cover_every_act(
    shipped_tracks: tuple[Track, ...],
) -> None:
    dialogues = load([SHIPPED])
    assert len({(dialogue.path, dialogue.line) for dialogue in dialogues}) >= 60
    verify(dialogues, {track.id: track for track in shipped_tracks})
    acts = {act for dialogue in dialogues for step in dialogue.steps for act in step.expect.act}
    assert acts == set(ACTS)
    tags = {tag for dialogue in dialogues for tag in dialogue.tags}
    assert tags >= {"negation", "reference", "memory", "missing", "contradiction", "language", "hostile", "restart"}
