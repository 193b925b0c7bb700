"""One HTML file with everything about a run: plots, the worst dialogues first, and the trace of every turn.

Needs no network and runs no script; its content policy forbids both. Whatever listeners, agents and catalogs wrote is
escaped.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from segue.evals.suites.charts import Bar, bars, dots
from segue.evals.suites.records import DialogueResult, TurnRecord
from segue.evals.suites.summary import groups, lines, turn_share
from segue.generator.modality import MODALITIES

MATTERS: Final = 5.0
"""Weight, of 10, from which a modality counts as one that a turn is about."""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --bar: #3b78c4; --bad: #b3261e; --good: #1e7145; }
@media (prefers-color-scheme: dark) { :root { --bar: #7db0ee; --bad: #ff8a80; --good: #6fcf97; } }
body { overflow-wrap: anywhere; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
figure { display: inline-block; max-width: 100%; margin: .5rem 1.25rem 1rem 0; vertical-align: top; }
figcaption { font-weight: 600; margin-bottom: .25rem; }
svg { max-width: 100%; height: auto; font-size: 13px; }
svg text { fill: currentColor; } .room { fill: var(--line); opacity: .35; } .bar { fill: var(--bar); }
.dot { fill: var(--bar); opacity: .45; } .axis { stroke: var(--line); }
.median { stroke: currentColor; stroke-width: 2; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: .35rem .7rem; }
details details { margin-left: .4rem; } summary { cursor: pointer; }
.failed { color: var(--bad); font-weight: 600; } .passed { color: var(--good); }
.said { font-style: italic; } .where { opacity: .65; font-size: .85em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; }
td { padding: .1rem .8rem .1rem 0; vertical-align: top; }
"""


def write_report(path: Path, results: Sequence[DialogueResult]) -> None:
    """Write the report of a run."""
    path.write_text(report(results), encoding="utf-8")


def report(results: Sequence[DialogueResult]) -> str:
    """Return the report as HTML."""
    records = [record for result in results for record in result.records]
    worst_first = sorted(results, key=lambda result: (result.passed, _share_of_checks(result), -result.seconds))
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Dialogue suites</title><style>{_STYLE}</style></head><body><h1>Dialogue suites</h1>",
        *(f"<p>{escape(line)}</p>" for line in lines(results)),
        _shares("Turns passed, by number of the turn", records, lambda record: [f"turn {record.turn}"]),
        _shares("Turns passed, by act heard", records, lambda record: [record.act]),
        _shares("Turns passed, by modality that matters", records, _modalities),
        _shares("Turns passed, by tag", records, lambda record: record.tags),
        _seconds("Seconds, by number of the turn", records, lambda record: [f"turn {record.turn}"]),
        _seconds("Seconds, by act heard", records, lambda record: [record.act]),
        "<h2>Dialogues, the worst first</h2>",
        *map(_dialogue, worst_first),
        "</body></html>",
    ]
    return "\n".join(parts)


def _share_of_checks(result: DialogueResult) -> float:
    checks = [check.passed for record in result.records for check in record.checks]
    return sum(checks) / len(checks) if checks else 0.0


def _modalities(record: TurnRecord) -> list[str]:
    names = {modality.value: modality.label for modality in MODALITIES}
    return [names.get(letters, letters) for letters, weight in record.modalities.items() if weight >= MATTERS]


def _shares(title: str, records: Sequence[TurnRecord], key: Callable[[TurnRecord], Iterable[str]]) -> str:
    rows = [
        Bar(name, turn_share(found), f"{sum(one.passed for one in found)} of {len(found)}")
        for name, found in _sorted(groups(records, key))
    ]
    return bars(title, rows) if rows else ""


def _seconds(title: str, records: Sequence[TurnRecord], key: Callable[[TurnRecord], Iterable[str]]) -> str:
    timed = [record for record in records if "seconds" in record.metrics]
    rows = [(name, [one.metrics["seconds"] for one in found]) for name, found in _sorted(groups(timed, key))]
    return dots(title, rows, "s") if rows else ""


def _sorted(found: dict[str, list[TurnRecord]]) -> list[tuple[str, list[TurnRecord]]]:
    """Sort by name, and numbers within names by size."""
    return sorted(found.items(), key=lambda item: (item[0].rstrip("0123456789"), len(item[0]), item[0]))


def _dialogue(result: DialogueResult) -> str:
    first = result.records[0]
    turns = "".join(map(_turn, result.records))
    tags = ", ".join(first.tags)
    return (
        f"<details{'' if result.passed else ' open'}><summary>{_mark(result.passed)} {escape(result.id)} "
        f'<span class="where">{escape(tags)} · {result.seconds:.2f} s · {escape(first.path)}:{first.line}</span>'
        f"</summary>{turns}</details>"
    )


def _turn(record: TurnRecord) -> str:
    answer = record.answer or {}
    checks = "".join(
        f"<tr><td>{_mark(check.passed)}</td><td>{escape(check.name)}</td><td>{escape(check.detail)}</td>"
        f'<td class="where">{f"line {check.line}" if check.line else ""}</td></tr>'
        for check in sorted(record.checks, key=lambda check: check.passed)
    )
    tracks = "".join(
        f"<li>{escape(str(track['title']))} - {escape(str(track['artist']))} "
        f"({escape(str(track.get('year', 'year not known')))}) "
        f'<span class="where">{escape(str(track["reason"]))}</span></li>'
        for track in answer.get("tracks", ())
    )
    receipts = "".join(
        f"<li>{escape(receipt['kind'])}: {escape(receipt['text'])}</li>" for receipt in answer.get("receipts", ())
    )
    trace = json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False)
    return (
        f"<details{'' if record.passed else ' open'}><summary>{_mark(record.passed)} {record.turn}. "
        f'<span class="said">{escape(record.message)}</span> <span class="where">{escape(record.act)}, '
        f"thread {escape(record.thread)}</span></summary>"
        f"<p>{escape(str(answer.get('text', record.error or '')))}</p><ol>{tracks}</ol><ul>{receipts}</ul>"
        f"<table>{checks}</table><details><summary>Trace</summary><pre>{escape(trace)}</pre></details></details>"
    )


def _mark(passed: bool) -> str:
    return '<span class="passed">passed</span>' if passed else '<span class="failed">failed</span>'
