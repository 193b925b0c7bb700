"""`segue tokenizer`: what a developer types and sees."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segue.agent.commands.tokenizer import METRICS, app
from segue.agent.commands.tokenizer_page import page
from segue.generator.errors import SourceError, UserError
from segue.generator.modality import Modality
from segue.generator.tokenizer_report import LevelReport, ModalityReport, TokenizerReport

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV of sixty tracks by twelve artists."""
    file = tmp_path_factory.mktemp("music") / "music.csv"
    rows = [
        f"m{n},Song {n} about {('rain', 'the sea', 'home')[n % 3]},Band {n % 12},{1970 + n % 50},{90 + n}"
        for n in range(60)
    ]
    file.write_text("\n".join(["id,title,artist,year,bpm", *rows]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def tokenizer(music: Path) -> Path:
    folder = music.parent / "tokenizer"
    result = RUNNER.invoke(app, ["train", "--catalog", str(music), "--out", str(folder), "--sizes", "8,4,4", "--half"])
    assert result.exit_code == 0, result.output
    return folder


def test_training_keeps_its_metrics(tokenizer: Path) -> None:
    lines = [json.loads(line) for line in (tokenizer / METRICS).read_text(encoding="utf-8").splitlines()]
    assert {line["modality"] for line in lines} >= {"AC", "BM", "MC", "RI"}
    errors = [line["squared_error"] for line in lines if line["modality"] == "BM"]
    assert len(errors) == 3
    assert errors == sorted(errors, reverse=True)


def test_report_as_json_and_html(tokenizer: Path, music: Path, tmp_path: Path) -> None:
    html = tmp_path / "report.html"
    arguments = ["report", "--catalog", str(music), "--tokenizer", str(tokenizer), "--json", "--html", str(html)]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["bench"] == "tokenizer"
    assert found["data"]["tracks"] == 60
    rows = {row["name"]: row["metrics"] for row in found["rows"]}
    assert rows["SF"]["unknown"] == 1
    assert rows["BM1"]["used"] == 8
    assert rows["BM1"]["error"] > rows["BM3"]["error"]
    assert found["figures"]["ids"] + found["figures"]["tie_breaks"] == 60
    assert any(re.fullmatch(r"<AC1-\d+>", prefix) for prefix in found["prefixes"])
    text = html.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "://" not in text


def test_report_as_text(tokenizer: Path, music: Path) -> None:
    result = RUNNER.invoke(app, ["report", "--catalog", str(music), "--tokenizer", str(tokenizer)])
    assert result.exit_code == 0, result.output
    assert "title and artist" in result.stdout
    assert "need a tie-break number" in result.stdout


def test_collapse_exits_with_1_and_names_the_modality(tokenizer: Path, tmp_path: Path) -> None:
    # Ten thousand titles alike in all but a number: every BM vector lies in one corner of the trained space.
    one = tmp_path / "one.csv"
    rows = [f"m{n},Song about rain,Band {'I' * (n % 40 + 1)}" for n in range(60)]
    one.write_text("\n".join(["id,title,artist", *rows]), encoding="utf-8")
    result = RUNNER.invoke(app, ["report", "--catalog", str(one), "--tokenizer", str(tokenizer)])
    assert result.exit_code == 1
    assert "BM level 1 has collapsed" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quantizer", "kmeans-1024"], "cannot make semantic IDs"),
        (["--quantizer", "residual"], "no quantizer is called"),
        (["--sizes", "128,64"], "three numbers"),
        (["--epochs", "5"], "is not trained in epochs"),
    ],
)
def test_mistakes_are_explained(music: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        RUNNER.invoke(
            app, ["train", "--catalog", str(music), "--out", str(tmp_path), *arguments], catch_exceptions=False
        )


def test_a_missing_catalog_is_explained(tokenizer: Path, tmp_path: Path) -> None:
    arguments = ["report", "--catalog", str(tmp_path / "none.csv"), "--tokenizer", str(tokenizer)]
    with pytest.raises(SourceError, match="does not exist"):
        RUNNER.invoke(app, arguments, catch_exceptions=False)


def test_the_page_escapes_what_titles_say() -> None:
    level = LevelReport(
        codes=4, reachable=4, used=2, dead=2, perplexity=1.9, value_perplexity=1.9, error=0.5, usage=[3, 2]
    )
    found = TokenizerReport(
        fingerprint="f" * 32,
        tracks=5,
        modalities={Modality.BM: ModalityReport(trained=True, unknown=0, levels=[level])},
        ids=5,
        colliding=0,
        largest=1,
        tie_breaks=0,
        problems=["BM level 1 has collapsed"],
    )
    html = page(found, {"<BM1-2>": ["Nobody, <script>alert(1)</script>"]})
    assert "<script>" not in html
    assert "&lt;BM1-2&gt;" in html
    assert "BM level 1 has collapsed" in html
