"""What a run amounts to: shares that passed and means of the figures."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from segue.evals.suites.records import DialogueResult, TurnRecord


def means(records: Sequence[TurnRecord]) -> dict[str, float]:
    """Return the means over the turns that have each figure; `checks` is the share of checks that passed."""
    checks = [check.passed for record in records for check in record.checks]
    found = {"checks": float(np.mean(checks))} if checks else {}
    for name in dict.fromkeys(name for record in records for name in record.metrics):
        found[name] = float(np.mean([record.metrics[name] for record in records if name in record.metrics]))
    return found


def passed_share(results: Sequence[DialogueResult]) -> float:
    """Return the share of dialogues in which everything passed."""
    return float(np.mean([result.passed for result in results]))


def groups(
    records: Iterable[TurnRecord], key: Callable[[TurnRecord], Iterable[str]]
) -> dict[str, list[TurnRecord]]:  # fmt: skip
    """Return the records under each of their keys."""
    found: dict[str, list[TurnRecord]] = {}
    for record in records:
        for name in key(record):
            found.setdefault(name, []).append(record)
    return found


def turn_share(records: Sequence[TurnRecord]) -> float:
    """Return the share of turns in which everything passed."""
    return float(np.mean([record.passed for record in records]))


def lines(results: Sequence[DialogueResult]) -> list[str]:
    """Return the summary that the command prints."""
    records = [record for result in results for record in result.records]
    checks = [check for record in records for check in record.checks]
    seconds = [record.metrics["seconds"] for record in records if "seconds" in record.metrics]
    told = [
        f"{sum(result.passed for result in results)} of {len(results)} dialogues passed, "
        f"{sum(record.passed for record in records)} of {len(records)} turns, "
        f"{sum(check.passed for check in checks)} of {len(checks)} checks"
    ]
    if seconds:
        p50, p95 = np.percentile(seconds, [50, 95])
        told.append(f"seconds per turn: {p50:.3f} (median), {p95:.3f} (95 %), {max(seconds):.3f} (longest)")
    figures = means(records)
    shown = [f"{name} {figures[name]:.3f}" for name in ("constraints", "rr", "hit@10", "ndcg@10") if name in figures]
    if shown:
        told.append("means: " + ", ".join(shown))
    failing = sorted(groups([record for record in records if not record.passed], lambda record: record.tags).items())
    if failing:
        told.append("failed turns by tag: " + ", ".join(f"{tag} {len(turns)}" for tag, turns in failing))
    return told
