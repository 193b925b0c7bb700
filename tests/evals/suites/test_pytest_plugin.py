"""The plugin as its users run it: a pytest of their own, over their own suite."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest_plugins = ["pytester"]
SUITE = """
suite: demo
dialogues:
  - name: met
    tags: [easy]
    turns: [{say: trip hop, expect: {contains: {artists: Portishead}}}]
  - name: missed
    variables: {genre: [country, trip hop]}
    turns: [{say: "no ${genre}", expect: {excludes: {genres: "${genre}"}}}]
"""
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, catalog_folder: Path) -> Run:
    pytester.path.joinpath("s.suite.yaml").write_text(SUITE)
    pytester.path.joinpath("other.yaml").write_text("no: suite")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error")
    options = ("--segue-catalog", str(catalog_folder), "--segue-agent", "segue.evals.suites.fake:first_tracks")
    # A process of its own: native libraries do not stand being loaded twice in one.
    return lambda *more: pytester.runpytest_subprocess("-rA", *options, *more)


@pytest.mark.slow
def test_each_dialogue_is_one_item_with_its_figures(run: Run, pytester: pytest.Pytester) -> None:
    done = run("--junit-xml", "results.xml")
    done.assert_outcomes(passed=1, failed=2)
    printed = done.stdout.str()
    assert "PASSED s.suite.yaml::met" in printed
    assert "FAILED s.suite.yaml::missed [genre=country]" in printed
    assert "s.suite.yaml:9: turn 1 'no country': excludes genres" in printed
    assert "Traceback" not in printed
    cases = ElementTree.parse(pytester.path / "results.xml").getroot().findall(".//testcase")
    names = {one.get("name") for one in cases[0].findall("properties/property")}
    assert {"checks", "seconds", "tracks"} <= names


@pytest.mark.slow
def test_tags_and_names_choose_and_a_worker_does_the_work(run: Run) -> None:
    run("-n", "1", "-k", "easy or (missed and not country)").assert_outcomes(passed=1, failed=1)


@pytest.mark.slow
def test_a_broken_suite_is_a_collection_error_with_its_line(run: Run, pytester: pytest.Pytester) -> None:
    broken = "suite: s\ndialogues:\n  - {name: d, turns: [{say: hi, expect: {yeras: 1}}]}\n"
    pytester.path.joinpath("s.suite.yaml").write_text(broken)
    done = run()
    done.assert_outcomes(errors=1)
    assert "s.suite.yaml:3: dialogues.turns.expect.yeras: unknown key; did you mean 'years'?" in done.stdout.str()
