"""Charts as inline SVG: horizontal bars and dots over time, readable without colour and titled for screen readers."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH = 440  # on a phone the text is still read, on a desktop two stand side by side
_LEFT, _RIGHT, _ROW = 140, 80, 22


class Bar(NamedTuple):
    """One row: its name, its length as a share of the longest possible, and what is written behind it."""

    name: str
    share: float
    text: str


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Return horizontal bars, the full width being 1."""
    room = WIDTH - _LEFT - _RIGHT
    drawn = []
    for number, bar in enumerate(rows):
        top = number * _ROW
        length = max(0.0, min(1.0, bar.share)) * room
        drawn.append(
            f'<text x="{_LEFT - 8}" y="{top + 15}" text-anchor="end">{escape(bar.name)}</text>'
            f'<rect class="room" x="{_LEFT}" y="{top + 4}" width="{room}" height="14"/>'
            f'<rect class="bar" x="{_LEFT}" y="{top + 4}" width="{length:.1f}" height="14"/>'
            f'<text x="{_LEFT + room + 8}" y="{top + 15}">{escape(bar.text)}</text>'
        )
    return _svg(title, len(rows) * _ROW + 4, drawn)


def dots(title: str, points: Sequence[tuple[str, Sequence[float]]], unit: str) -> str:
    """Return a row of dots per name, on one axis from 0, with a line at each median."""
    top_value = max((value for _, values in points for value in values), default=0.0) or 1.0
    room = WIDTH - _LEFT - _RIGHT
    drawn = []
    for number, (name, values) in enumerate(points):
        top = number * _ROW
        ordered = sorted(values)
        drawn.append(f'<text x="{_LEFT - 8}" y="{top + 15}" text-anchor="end">{escape(name)}</text>')
        drawn.append(f'<line class="axis" x1="{_LEFT}" x2="{_LEFT + room}" y1="{top + 11}" y2="{top + 11}"/>')
        drawn += [
            f'<circle class="dot" cx="{_LEFT + value / top_value * room:.1f}" cy="{top + 11}" r="3"/>'
            for value in ordered
        ]
        if ordered:
            median = ordered[len(ordered) // 2]
            place = _LEFT + median / top_value * room
            drawn.append(
                f'<line class="median" x1="{place:.1f}" x2="{place:.1f}" y1="{top + 3}" y2="{top + 19}"/>'
                f'<text x="{_LEFT + room + 8}" y="{top + 15}">{median:.3g} {escape(unit)}</text>'
            )
    return _svg(title, len(points) * _ROW + 4, drawn)


def _svg(title: str, height: int, drawn: Sequence[str]) -> str:
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">'
        f"<title>{escape(title)}</title>{''.join(drawn)}</svg></figure>"
    )
