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
BROKEN = "suite: s\ndialogues:\n  - {name: d, turns: [{say: hi, expect: {yeras: 1}}]}\n"
OTHERS = ("langsmith_plugin", "hypothesispytest")
"""Plugins of others that run nothing here, and take longer to load than all dialogues to run."""
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, catalog_folder: Path) -> Run:
    pytester.path.joinpath("s.suite.yaml").write_text(SUITE)
    pytester.path.joinpath("other.yaml").write_text("no: suite")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error")
    options = ["--segue-catalog", str(catalog_folder), "--segue-agent", "segue.evals.suites.fake:first_tracks"]
    options += [part for name in OTHERS for part in ("-p", f"no:{name}")]
    # A process of its own: native libraries do not stand being loaded twice in one.
    return lambda *more: pytester.runpytest_subprocess("-rA", *options, *more)


@pytest.mark.slow
def test_each_dialogue_is_one_item_with_its_figures(run: Run, pytester: pytest.Pytester) -> None:
    """And a suite that cannot be read is an error of its own, with its line."""
    pytester.path.joinpath("broken.suite.yaml").write_text(BROKEN)
    done = run("--continue-on-collection-errors", "--junit-xml", "results.xml")
    done.assert_outcomes(passed=1, failed=2, errors=1)
    printed = done.stdout.str()
    assert "PASSED s.suite.yaml::met" in printed
    assert "FAILED s.suite.yaml::missed [genre=country]" in printed
    assert "s.suite.yaml:9: turn 1 'no country': excludes genres" in printed
    assert "broken.suite.yaml:3: dialogues.turns.expect.yeras: unknown key; did you mean 'years'?" in printed
    assert "Traceback" not in printed
    cases = {
        str(case.get("name")): case
        for case in ElementTree.parse(pytester.path / "results.xml").getroot().findall(".//testcase")
    }
    names = {one.get("name") for one in cases["met"].findall("properties/property")}
    assert {"checks", "seconds", "tracks"} <= names


@pytest.mark.slow
def test_tags_and_names_choose_and_a_worker_does_the_work(run: Run) -> None:
    run("-n", "1", "-k", "easy or (missed and not country)").assert_outcomes(passed=1, failed=1)
