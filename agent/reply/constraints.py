"""Receipts of hard constraints: what was left out of the whole catalog, and what nothing could be left out for."""

from typing import Final

from segue.agent.reply.wording import listing
from segue.agent.turn import Receipt
from segue.memory.plain import plain
from segue.tools.search.filters import Applied, Filters

_MANY: Final = 0.02
"""Share of a catalog from which on it is told that tracks were left out for what nobody knows of them."""
_ONLY = {
    "genres": "{}", "moods": "{} music", "artists": "music by {}", "languages": "music in {}", "vocals": "{} vocals",
    "versions": "{} versions",
}  # fmt: skip
_WITHOUT = {
    "without_years": "tracks from {}", "without_genres": "{}",
    "without_moods": "{} music", "without_artists": "{}", "without_languages": "music in {}",
    "without_vocals": "{} vocals", "without_versions": "{} versions",
}  # fmt: skip


def constrained(filters: Filters, applied: Applied, total: int) -> list[Receipt]:
    """Return what `filters` did to a catalog of `total` tracks, constraint by constraint."""
    only = [_years(filters)] if filters.year_from or filters.year_to else []
    if "episode" in filters.kinds and applied.allowed:
        only.append("tracks and podcast episodes" if "track" in filters.kinds else "podcast episodes")
    only += [
        text.format(_named(getattr(filters, field), "or")) for field, text in _ONLY.items() if getattr(filters, field)
    ]
    gone = [
        text.format(_named(getattr(filters, field), "and"))
        for field, text in _WITHOUT.items()
        if getattr(filters, field)
    ]
    receipts = [Receipt(kind="applied", text=f"Only {piece}.") for piece in only]
    receipts += [Receipt(kind="applied", text=f"Left out {piece}.") for piece in gone]
    unknown = {field: number for field, number in applied.unknown.items() if number > _MANY * total}
    if unknown and only:
        what = listing([f"{number:,} without {_FIELDS.get(field, field)}" for field, number in unknown.items()])
        receipts.append(Receipt(kind="applied", text=f"Left out because nobody knows: {what}."))
    receipts += [Receipt(kind="unmet", text=f"No track has {_value(value)}.") for value in applied.unmatched]
    return receipts


_FIELDS = {"years": "a year", "genres": "a genre", "moods": "a mood", "languages": "a language", "artists": "an artist"}


def _years(filters: Filters) -> str:
    first, last = filters.year_from, filters.year_to
    if first is not None and last is not None:
        return f"tracks from {first}" if first == last else f"tracks from {first} to {last}"
    return f"tracks from {first} on" if first is not None else f"tracks up to {last}"


def _named(values: tuple[str, ...], joint: str) -> str:
    return listing([plain(value) or "?" for value in values[:5]], joint)


def _value(text: str) -> str:
    field, _, value = text.partition(": ")
    return f"the {field.removesuffix('s')} {plain(value)}" if value else plain(text)
