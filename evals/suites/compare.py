"""Two runs of the same suites beside each other, with intervals that say which differences are more than chance.

Turns are paired by suite, dialogue and number. Intervals are 95 % and resample whole dialogues, for the turns of one
are alike. Dialogues that are in one run only are counted, never compared.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from segue.evals.metrics import bootstrap_difference
from segue.evals.suites.errors import Problem, SuiteError
from segue.evals.suites.records import TurnRecord, by_dialogue, read_records

SAMPLES: Final = 10_000
LOWER_IS_BETTER: Final = frozenset({"seconds", "degraded"})
NEITHER: Final = frozenset({"tracks"})
"""Figures of which neither more nor less is better."""


class Difference(NamedTuple):
    """One figure in both runs, over the turns that have it in both."""

    name: str
    turns: int
    old: float
    new: float
    low: float
    high: float
    """95 % interval of new - old."""

    @property
    def verdict(self) -> str:
        """Say "better", "worse", "differs" or "same": anything but the last only where the interval leaves out zero."""
        if self.low <= 0 <= self.high:
            return "same"
        if self.name in NEITHER:
            return "differs"
        return "better" if (self.new > self.old) != (self.name in LOWER_IS_BETTER) else "worse"


class Comparison(NamedTuple):
    """What changed from one run to the other."""

    differences: tuple[Difference, ...]
    newly_failing: tuple[str, ...]
    newly_passing: tuple[str, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether a dialogue that passed fails now, or a figure is worse by more than chance."""
        return bool(self.newly_failing) or any(difference.verdict == "worse" for difference in self.differences)

    def lines(self) -> list[str]:
        """Return the comparison as text."""
        told = [f"{'':14} {'turns':>6} {'old':>9} {'new':>9} {'new - old':>10}  95 % interval"]
        for one in self.differences:
            told.append(
                f"{one.name:14} {one.turns:6} {one.old:9.4f} {one.new:9.4f} {one.new - one.old:+10.4f}  "
                f"[{one.low:+.4f}, {one.high:+.4f}] {one.verdict}"
            )
        for title, names in (
            ("passed before, fail now", self.newly_failing),
            ("failed before, pass now", self.newly_passing),
            ("only in the old run", self.only_old),
            ("only in the new run", self.only_new),
        ):
            if names:
                told += [f"{title}:", *(f"    {name}" for name in names)]
        return told


def compare_files(old: Path, new: Path, *, seed: int = 0) -> Comparison:
    """Compare two files that `--json` wrote (SuiteError where they cannot be, or have no turn in common)."""
    comparison = compare_records(read_records(old), read_records(new), seed=seed)
    if not comparison.differences:
        raise SuiteError([Problem(new, 0, f"has no turn in common with {old}")])
    return comparison


def compare_records(old: Sequence[TurnRecord], new: Sequence[TurnRecord], *, seed: int = 0) -> Comparison:
    """Compare two runs."""
    before, after = ({record.key: record for record in records} for records in (old, new))
    pairs = [(before[key], after[key]) for key in before if key in after]
    differences = []
    names = dict.fromkeys(name for pair in pairs for record in pair for name in _figures(record))
    for name in names:
        both = [
            (_figures(a)[name], _figures(b)[name], f"{a.suite}/{a.dialogue}")
            for a, b in pairs
            if name in _figures(a) and name in _figures(b)
        ]
        if both:
            was, now = (np.array([row[side] for row in both], dtype=np.float64) for side in (0, 1))
            low, high = bootstrap_difference(now, was, [row[2] for row in both], samples=SAMPLES, seed=seed)
            differences.append(Difference(name, len(both), float(was.mean()), float(now.mean()), low, high))
    passed_before, passed_after = (
        {result.id: result.passed for result in by_dialogue(records)} for records in (old, new)
    )
    shared = [name for name in passed_before if name in passed_after]
    return Comparison(
        differences=tuple(differences),
        newly_failing=tuple(name for name in shared if passed_before[name] and not passed_after[name]),
        newly_passing=tuple(name for name in shared if not passed_before[name] and passed_after[name]),
        only_old=tuple(name for name in passed_before if name not in passed_after),
        only_new=tuple(name for name in passed_after if name not in passed_before),
    )


def _figures(record: TurnRecord) -> dict[str, float]:
    checks = [check.passed for check in record.checks]
    return {"passed": float(record.passed), "checks": float(np.mean(checks)), **record.metrics}
