"""Years as people write them in a suite: 1994, 1990-1999, 1990s, 2000- or -1979."""

import re
from typing import NamedTuple

_YEARS = re.compile(r"(?:(\d{4})s|(\d{4})?\s*([-–])\s*(\d{4})?|(\d{4}))")


class Years(NamedTuple):
    """A closed range of release years; None leaves an end open."""

    first: int | None
    last: int | None

    def __contains__(self, year: object) -> bool:
        if not isinstance(year, int):
            return False
        return (self.first is None or year >= self.first) and (self.last is None or year <= self.last)

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        return f"{self.first or ''}-{self.last or ''}"


def parse_years(value: object) -> Years:
    """Read years (ValueError for anything else)."""
    if isinstance(value, Years):
        return value
    text = str(value).strip()
    match = _YEARS.fullmatch(text)
    if match is None or text in ("-", "–"):
        raise ValueError(f"{text!r} are no years; write 1994, 1990-1999, 1990s, 2000- or -1979")
    decade, first, _, last, single = match.groups()
    if decade:
        return Years(int(decade), int(decade) + 9)
    if single:
        return Years(int(single), int(single))
    if first and last and int(first) > int(last):
        raise ValueError(f"{text!r} ends before it begins")
    return Years(int(first) if first else None, int(last) if last else None)
