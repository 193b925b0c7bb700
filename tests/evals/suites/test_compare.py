from pathlib import Path

import pytest

from segue.evals.suites.compare import compare_files, compare_records
from segue.evals.suites.errors import SuiteError
from segue.evals.suites.records import Check, TurnRecord, write_records


def record(dialogue: str, passed: bool, turn: int = 1, **metrics: float) -> TurnRecord:
    return TurnRecord(
        suite="s", dialogue=dialogue, turn=turn, path="s.suite.yaml", line=3, tags=("a",), thread="first",
        user="listener", message="hi", act="request", passed=passed, metrics=metrics,
        checks=(Check(name="tracks", passed=passed, detail="" if passed else "none", line=4),),
    )  # fmt: skip


def test_differences_have_intervals_and_a_verdict() -> None:
    old = [record(f"d{n}", n < 10, seconds=1.0 + n % 3 / 10, rr=0.5, tracks=5) for n in range(40)]
    new = [record(f"d{n}", n < 30, seconds=2.0 + n % 3 / 10, rr=0.5 + n % 2 / 100, tracks=5) for n in range(40)]
    found = compare_records(old, new)
    by_name = {one.name: one for one in found.differences}
    passed = by_name["passed"]
    assert (passed.old, passed.new, passed.turns, passed.verdict) == (0.25, 0.75, 40, "better")
    assert 0.3 < passed.low < 0.5 < passed.high < 0.7
    assert by_name["seconds"].verdict == "worse"
    assert by_name["seconds"].low == pytest.approx(1.0)
    assert by_name["tracks"].verdict == "same"
    assert len(found.newly_passing) == 20
    assert found.worse  # it became slower
    assert any("seconds" in line and "worse" in line for line in found.lines())
    assert compare_records(new, old).newly_failing == tuple(f"s/d{n}" for n in range(10, 30))


def test_chance_is_no_difference() -> None:
    old = [record(f"d{n}", n % 2 == 0) for n in range(30)]
    new = [record(f"d{n}", n % 2 == 0 if n else False) for n in range(30)]
    found = compare_records(old, new)
    assert {one.verdict for one in found.differences} == {"same"}
    # One dialogue that passed and fails now is told all the same.
    assert (found.newly_failing, found.worse) == (("s/d0",), True)


def test_only_turns_of_both_runs_are_compared(tmp_path: Path) -> None:
    old = [record("a", True), record("a", True, turn=2), record("b", True)]
    new = [record("a", True), record("c", False)]
    found = compare_records(old, new)
    assert [one.turns for one in found.differences] == [1, 1]
    assert (found.only_old, found.only_new, found.worse) == (("s/b",), ("s/c",), False)
    write_records(tmp_path / "old.jsonl", old)
    write_records(tmp_path / "new.jsonl", new[1:])
    with pytest.raises(SuiteError, match="no turn in common"):
        compare_files(tmp_path / "old.jsonl", tmp_path / "new.jsonl")


def test_the_same_seed_gives_the_same_interval() -> None:
    old = [record(f"d{n}", n % 3 == 0, seconds=n**0.5) for n in range(25)]
    new = [record(f"d{n}", n % 4 == 0, seconds=n**0.6) for n in range(25)]
    assert compare_records(old, new, seed=3) == compare_records(old, new, seed=3)
    assert compare_records(old, new, seed=3) != compare_records(old, new, seed=4)
