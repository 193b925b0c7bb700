"""A tokenizer report as table cells, as JSON, and as one HTML page that needs nothing from the network.

Knows the figures of `TokenizerReport`; measures nothing.
"""

from html import escape
from typing import Any, Final

from segue.generator.tokenizer_report import LevelReport, TokenizerReport

COLUMNS: Final = (
    "modality", "unknown", "values", "collisions", "hubness (vectors)", "level",
    "used", "dead", "perplexity", "error",
)  # fmt: skip
_WIDTH: Final = 220
_HEIGHT: Final = 60
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1f; }
table { border-collapse: collapse; width: 100%; } th, td { padding: .25rem .6rem; text-align: right; }
th:first-child, td:first-child { text-align: left; } tr { border-bottom: 1px solid #e3e3e8; }
figure { display: inline-block; margin: .5rem 1rem .5rem 0; } figcaption { font-size: .8rem; color: #555; }
.problem { background: #fde8e8; border-left: 4px solid #c62828; padding: .5rem 1rem; }
@media (prefers-color-scheme: dark) { body { background: #16161a; color: #e8e8ee; } tr { border-color: #33333b; }
figcaption { color: #aaa; } .problem { background: #3a1d1d; } }
"""


def cells(found: TokenizerReport) -> list[tuple[str, ...]]:
    """Return the rows of the table, one per modality and level; a modality's own figures stand at its first level."""
    rows: list[tuple[str, ...]] = []
    for modality, one in found.modalities.items():
        hubs = "-" if one.hubness is None or one.hubness_before is None else f"{one.hubness:.2f}"
        hubs += "" if one.hubness_before is None else f" ({one.hubness_before:.2f})"
        own = (f"{modality.value} {modality.label}", f"{one.unknown:.1%}")
        if not one.levels:
            rows.append((*own, "-", "-", "-", "-", "-", "-", "-", "-" if one.trained else "not trained"))
        for number, level in enumerate(one.levels, start=1):
            head = (*own, f"{one.values:,}", f"{one.collisions:.1%}", hubs) if number == 1 else ("",) * 5
            rows.append((*head, str(number), *_level(level)))
    return rows


def _level(level: LevelReport) -> tuple[str, ...]:
    used = f"{level.used} of {level.codes}"
    return used, f"{level.dead} of {level.reachable}", f"{level.perplexity:.1f}", f"{level.error:.3f}"


def as_json(found: TokenizerReport, prefixes: dict[str, list[str]]) -> dict[str, Any]:
    """Return the report in the form that all benchmarks print: bench, data, rows and figures."""
    rows: list[dict[str, Any]] = []
    for modality, one in found.modalities.items():
        metrics = {"unknown": one.unknown, "values": one.values, "distinct": one.distinct, "collisions": one.collisions}
        hubs = {"hubness": one.hubness, "hubness_vectors": one.hubness_before}
        known = {name: value for name, value in hubs.items() if value is not None}
        rows.append({"name": modality.value, "metrics": metrics | known})
        for number, level in enumerate(one.levels, start=1):
            figures = level.model_dump(exclude={"usage"}) | {"utilisation": level.used / level.codes}
            rows.append({"name": f"{modality.value}{number}", "metrics": figures})
    return {
        "bench": "tokenizer",
        "data": {"tracks": found.tracks, "fingerprint": found.fingerprint},
        "rows": rows,
        "figures": {
            "ids": found.ids,
            "colliding": found.colliding,
            "largest": found.largest,
            "tie_breaks": found.tie_breaks,
            "collapsed": len(found.problems),
        },
        "problems": found.problems,
        "prefixes": prefixes,
    }


def page(found: TokenizerReport, prefixes: dict[str, list[str]]) -> str:
    """Return the report as a self-contained HTML page; each plot shows tracks per code, the most frequent first."""
    head = "".join(f"<th>{escape(name)}</th>" for name in COLUMNS)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in cells(found))
    plots = "".join(
        f"<figure>{_plot(level)}<figcaption>{modality.value} level {number}</figcaption></figure>"
        for modality, one in found.modalities.items()
        for number, level in enumerate(one.levels, start=1)
    )
    problems = "".join(f'<p class="problem">{escape(problem)}</p>' for problem in found.problems)
    examples = "".join(
        f"<li><code>{escape(name)}</code> {escape('; '.join(titles))}</li>" for name, titles in prefixes.items()
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tokenizer {escape(found.fingerprint)}</title><style>{_STYLE}</style></head><body>
<h1>Tokenizer report</h1>
<p>Tokenizer <code>{escape(found.fingerprint)}</code> over {found.tracks:,} tracks: {found.ids:,} different IDs,
{found.colliding:.1%} of the tracks share theirs ({found.largest:,} at most), {found.tie_breaks:,} need a tie-break.</p>
{problems}
<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>
<h2>Tracks per code</h2>{plots}
<h2>Tracks that share their first codes</h2><ul>{examples}</ul>
</body></html>
"""


def _plot(level: LevelReport) -> str:
    top, bars = max(level.usage), max(level.codes, 1)
    step = _WIDTH / bars
    shapes = "".join(
        f'<rect x="{place * step:.1f}" y="{_HEIGHT * (1 - count / top):.1f}" '
        f'width="{max(step - 0.2, 0.4):.1f}" height="{_HEIGHT * count / top:.1f}"/>'
        for place, count in enumerate(level.usage)
    )
    label = f"{level.used} of {level.codes} codes used, {top:,} tracks at most"
    return (
        f'<svg role="img" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" fill="#5b6ee1">'
        f"<title>{escape(label)}</title>{shapes}</svg>"
    )
