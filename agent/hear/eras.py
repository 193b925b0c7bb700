"""Eras: the years that a phrase means, from "late 80s" and "90s and 2000s" to "before 1970" and "the last ten years".

Returns ranges of release years, both ends included, None for open ends. Words that name no years ("old school",
"newer") give none. Knows phrases, not what is to be done with the years.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from segue.generator.names import fold
from segue.tools.search.terms import decade

_TENS: Final = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000, "two thousands": 2000, "twenty tens": 2010,
}  # fmt: skip
_PART: Final = {"early": (0, 3), "mid": (3, 6), "middle": (3, 6), "late": (6, 9)}
_COUNTS: Final = {
    "one": 1, "two": 2, "couple": 2, "couple of": 2, "three": 3, "few": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30,
}  # fmt: skip
_SPAN: Final = (
    r"(?:(?:early|mid|middle|late)(?: to (?:early|mid|late))? )?(?:the )?"
    rf"(?:(?:19|20)\d0s|\d0s|{'|'.join(_TENS)}|(?:1[89]|20)\d\d)(?: ?\d\ds)?"
)
_BEFORE: Final = re.compile(
    rf"\b(?:before|until|till|up to|pre|prior to|older than|earlier than|by|not after|nothing after)(?: the"
    rf"| year)? ({_SPAN})\b"
)
_AFTER: Final = re.compile(
    rf"\b(?:after|since|post|newer than|later than|no older than|starting(?: from| with)?|beginning(?: from| with)?"
    rf"|from)(?: the| year)? ({_SPAN})(?P<on> (?:on|onwards?|upwards?|and (?:up|on|later|newer|above)|or (?:newer"
    rf"|later)"
    rf"|until now|to now|to today|to present))?\b"
)
_UPWARD: Final = re.compile(
    rf"\b({_SPAN}) (?:onwards?|upwards?|and (?:up|later|newer|above|onwards?)|or (?:newer|later))\b"
)
_DOWNWARD: Final = re.compile(rf"\b({_SPAN}) (?:and|or) (?:before|earlier|older|below)\b")
_BETWEEN: Final = re.compile(rf"\b(?:from |between )?({_SPAN}) (?:to|until|till|through|thru|and) (?:the )?({_SPAN})\b")
_SHORT: Final = re.compile(r"\b(\d\d) (?:to|until|thru|through|and) (\d\d)\b")
_RECENT: Final = re.compile(rf"\b(?:last|past) (\d{{1,2}}|{'|'.join(_COUNTS)}) (years?|decades?)\b")
_CENTURY: Final = re.compile(r"\b(early |late |mid )?(\d\d)(?:th|st) century\b")
_ONE: Final = re.compile(rf"\b({_SPAN})\b")
_WRITTEN: Final = r"(?:the )?(?:(?:early|mid|late)[ -])?(?:(?:18|19|20)\d\ds?|['’]?\d0s)"
_WRITTEN_RANGE: Final = re.compile(
    rf"\b(?:between|from) {_WRITTEN}(?: (?:and|to|until|till|through|thru) | ?[-–] ?){_WRITTEN}\b"
    r"|\b(?:18|19|20)\d\ds? ?[-–] ?(?:18|19|20)\d\ds?\b"
    rf"|\b(?:after|since|before|until|till|up to|prior to|(?:newer|later|older|earlier) than)(?: the year)? "
    rf"{_WRITTEN}\b"
    rf"|\b{_WRITTEN} (?:onwards?|(?:or|and) (?:later|newer|earlier|older|before))\b",
    re.IGNORECASE,
)
_EARLIEST: Final = 1000


class Years(NamedTuple):
    """A range of release years; None is an open end."""

    first: int | None
    last: int | None


def years_of(phrase: str, today: date | None = None) -> list[Years]:
    """Return the ranges that `phrase` names, in order, neighbours joined; empty where it names none."""
    text = _folded(phrase)
    now = (today or date.today()).year
    found: list[tuple[int, Years]] = []

    def take(pattern: re.Pattern[str], make: Callable[[re.Match[str]], Years | None]) -> None:
        nonlocal text
        for match in list(pattern.finditer(text)):
            years = make(match)
            if years is not None:
                found.append((match.start(), years))
                text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]

    take(_RECENT, lambda m: Years(now - _count(m[1]) * (10 if m[2].startswith("decade") else 1), None))
    take(_CENTURY, lambda m: _century(m[1], int(m[2])))
    take(_BETWEEN, _between)
    take(_UPWARD, lambda m: Years(_span(m[1])[0], None))
    take(_DOWNWARD, lambda m: Years(None, _span(m[1])[1]))
    take(_BEFORE, _before)
    take(_AFTER, _after)
    take(_SHORT, _short)
    take(_ONE, lambda m: Years(*_span(m[1])))
    if not found and re.search(r"\b(?:this year|current year)\b", text):
        found.append((0, Years(now, None)))
    return _joined([years for _, years in sorted(found, key=lambda item: item[0])])


def written_ranges(text: str) -> list[tuple[int, int]]:
    """Return where `text` says a range beyond doubt: "between 1978 and 1982", "the 60s to the 80s", "after 2010"."""
    return [match.span() for match in _WRITTEN_RANGE.finditer(text[:1000])]


def hull(ranges: Sequence[Years]) -> tuple[Years, bool]:
    """Return the smallest range around all `ranges`, and whether years between them are in it that nobody asked for."""
    firsts, lasts = [r.first for r in ranges], [r.last for r in ranges]
    first = None if None in firsts else min(f for f in firsts if f is not None)
    last = None if None in lasts else max(x for x in lasts if x is not None)
    ordered = sorted(ranges, key=lambda r: r.first or _EARLIEST)
    gap = any(
        before.last is not None and after.first is not None and after.first > before.last + 1
        for before, after in pairwise(ordered)
    )
    return Years(first, last), gap


def _folded(phrase: str) -> str:
    text = re.sub(r"(?<=\d)\s*[-–—/]\s*(?=\d|the\b)", " to ", phrase.lower())
    text = re.sub(r"['’‘](?=\d\d)", "", text)
    text = re.sub(r"(?<=\d)['’]s\b", "s", text)
    text = re.sub(r"(?<=\d0)\+|(?<=(?:19|20)\d\d)\s*\+", " onwards", text)
    return " ".join(fold(text).split())


def _span(text: str) -> tuple[int, int]:
    words = text.replace("the ", "").split()
    parts = [word for word in words if word in _PART]
    name = " ".join(word for word in words if word not in _PART and word != "to")
    if name.isdigit():
        return int(name), int(name)
    first = _TENS.get(name) or decade(name.split()[-1])
    if first is None:
        return _EARLIEST, _EARLIEST
    if parts:
        return first + _PART[parts[0]][0], first + _PART[parts[-1]][1]
    return first, first + 9


def _between(match: re.Match[str]) -> Years | None:
    (first, first_end), (second, second_end) = _span(match[1]), _span(match[2])
    joining = match[0][len(match[1]) :]
    if " and " in joining and "between" not in match[0] and second > first_end + 1:
        return None
    return Years(first, second_end) if first <= second_end else None


def _before(match: re.Match[str]) -> Years:
    first, last = _span(match[1])
    including = match[0].startswith(("until", "till", "up to", "by", "not after", "nothing after"))
    return Years(None, last if including else first - 1)


def _after(match: re.Match[str]) -> Years:
    first, last = _span(match[1])
    word = match[0].split()[0]
    if match["on"] or word in ("since", "starting", "beginning", "no"):
        return Years(first, None)
    if word == "from":
        return Years(first, last)
    return Years(last + 1, None)


def _short(match: re.Match[str]) -> Years | None:
    first, last = (_full(int(text)) for text in match.groups())
    return Years(first, last) if first <= last and last - first <= 40 else None


def _full(year: int) -> int:
    return 2000 + year if year <= 29 else 1900 + year


def _century(part: str | None, number: int) -> Years | None:
    if not 11 <= number <= 21:
        return None
    first = (number - 1) * 100
    thirds = {"early": (0, 33), "mid": (34, 66), "late": (67, 99)}
    low, high = thirds[part.strip()] if part else (0, 99)
    return Years(first + low, first + high)


def _count(text: str) -> int:
    return int(text) if text.isdigit() else _COUNTS[text]


def _joined(ranges: Sequence[Years]) -> list[Years]:
    done: list[Years] = []
    for years in ranges:
        if done and None not in (*done[-1], *years):
            before = done[-1]
            assert before.first is not None
            assert before.last is not None
            assert years.first is not None
            assert years.last is not None
            if before.first <= years.first <= before.last + 1:
                done[-1] = Years(before.first, max(before.last, years.last))
                continue
        done.append(years)
    return done
