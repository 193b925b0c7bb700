"""The command as a shell sees it: exit codes, files, and one line per mistake."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from segue.agent.cli import build_app, main
from segue.evals.suites.records import read_records

Write = Callable[..., Path]
FAKE = "segue.evals.suites.fake:first_tracks"
SUITE = """
    suite: demo
    dialogues:
      - name: met
        tags: [easy]
        turns: [{say: "trip hop <b>&\x07", expect: {contains: {artists: Portishead}, says: trip hop}}]
      - name: missed
        tags: [hard]
        turns:
          - {say: no country, expect: {excludes: {genres: country}}}
          - {say: anything else, expect: {tracks: 3}}
"""


@pytest.fixture
def suite(write: Write) -> Path:
    return write(SUITE.replace("\x07", ""))


def segue(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), ["eval", *map(str, arguments)])


def test_exit_codes_and_what_is_printed(suite: Path, catalog_folder: Path) -> None:
    common = ("--catalog", catalog_folder, "--agent", FAKE)
    failed = segue(suite, *common)
    assert failed.exit_code == 1, failed.output
    assert "passed  demo/met" in failed.output
    assert f"{suite}:9: turn 1 'no country': excludes genres: has country: Jolene - Dolly Parton" in failed.output
    assert "1 of 2 dialogues passed, 2 of 3 turns" in failed.output
    assert segue(suite, *common, "-k", "easy").exit_code == 0
    assert segue(suite, *common, "--fail-under", "0.5").exit_code == 0
    assert segue(suite, *common, "--fail-under", "0.51").exit_code == 1


def test_files_of_a_run(suite: Path, catalog_folder: Path, tmp_path: Path) -> None:
    files = {name: tmp_path / f"run.{name}" for name in ("json", "html", "junit")}
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    assert segue(suite, "--catalog", catalog_folder, "--agent", FAKE, *options).exit_code == 1

    records = read_records(files["json"])
    assert [(one.dialogue, one.turn, one.passed) for one in records] == [
        ("met", 1, True), ("missed", 1, False), ("missed", 2, True),
    ]  # fmt: skip
    assert json.loads(files["json"].read_text().split("\n")[0])["answer"]["tracks"][0]["title"] == "Glory Box"

    cases = ElementTree.parse(files["junit"]).getroot().findall("testsuite/testcase")
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("met", False), ("missed", True),
    ]  # fmt: skip
    properties = {one.get("name"): float(one.get("value", "")) for one in cases[1].findall("properties/property")}
    assert properties["tracks"] == 3
    assert 0 < properties["checks"] < 1

    page = files["html"].read_text()
    assert page.index("demo/missed") < page.index("demo/met")  # the worst first
    assert "trip hop &lt;b&gt;&amp;" in page
    assert "<b>" not in page
    plots = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(plots) == 5
    for plot in plots:
        assert ElementTree.fromstring(plot).find("title") is not None
    assert "Turns passed, by act heard" in page
    # Nothing is fetched from anywhere, and no script runs.
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", page)
    assert "default-src 'none'" in page


def test_comparing_two_runs(suite: Path, catalog_folder: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    for path in (old, new):
        segue(suite, "--catalog", catalog_folder, "--agent", FAKE, "--json", path)
    all_passed = old.read_text().replace('"passed":false', '"passed":true')
    same = segue("--compare", old, old)
    assert same.exit_code == 0, same.output
    assert "same" in same.output
    old.write_text(all_passed)
    worse = segue("--compare", old, new)
    assert worse.exit_code == 1
    assert "passed before, fail now:\n    demo/missed" in worse.output
    assert segue("--compare", old, new, suite).exit_code == 2
    assert segue("--compare", old).exit_code == 2


def test_a_seed_shuffles_and_list_runs_nothing(write: Write) -> None:
    rows = "\n".join(f"  - {{name: d{n}, turns: [{{say: hi, expect: {{tracks: 1}}}}]}}" for n in range(20))
    path = write(f"suite: s\ndialogues:\n{rows}\n")
    plain, one, again = (segue(path, "--list", *more).output for more in ((), ("--seed", "1"), ("--seed", "1")))
    assert one == again != plain
    assert sorted(one.split("\n")) == sorted(plain.split("\n"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.suite.yaml"], "none.suite.yaml: cannot be read"),
        (["{suite}", "-k", "(easy"], "a bracket stays open"),
        (["{suite}", "-k", "nothing"], "chooses none of 2 dialogues"),
        (["{suite}", "--agent", "segue.nowhere:agent"], "cannot be imported"),
        (["{suite}", "--agent", "segue.evals.suites.fake:nobody"], "no function 'nobody'"),
        (["{suite}", "--agent", "fake"], "MODULE:FUNCTION"),
        (["--compare", "{suite}", "{suite}"], ":1: no record of a turn"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    suite: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["segue", "eval", *(one.format(suite=suite) for one in arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
