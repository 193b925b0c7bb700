"""Counts: how many tracks a message asks for ("three songs", "a couple more", "15 of this", "just one"), and how many
of one artist at most ("no more than two songs per artist").

Knows English, and digits before the words for songs of a few other languages.
"""

import re
from typing import Final

MOST: Final = 500
"""Numbers beyond count tracks only where a word for tracks follows, and are no year ("1999 songs")."""
_YEARS: Final = range(1900, 2100)
_WORDS: Final = {
    "one": 1, "a couple": 2, "couple": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a dozen": 12, "dozen": 12, "fifteen": 15, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "a hundred": 100, "a thousand": 1_000, "a million": 1_000_000,
}  # fmt: skip
_NUMBER: Final = rf"(?P<n>\d{{1,7}}|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_NOUN: Final = (
    r"(?:songs?|tracks?|tunes?|suggestions?|recommendations?|recs?|picks?|options?|bangers?|hits|numbers|pieces"
    r"|ballads?"
    r"|canciones|chansons|lieder|canzoni|músicas|musicas|şarkı|sarki|gaane)"
)
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_NUMBER} (?:or so )?(?:(?:more|other|extra|additional|new|good|great|different|random)\s+)*"
        rf"(?:[\w'’&-]+ ){{0,3}}{_NOUN}\b",
        rf"\b{_NUMBER} (?:more|extra|additional|of (?:these|those|them|this|that|the same))\b",
        rf"(?:\bgive me|\bplay(?: me)?|\bi want|\bi need|\bsend(?: me)?|\bshow(?: me)?|\bjust|\bonly|\badd|\btop"
        rf"|\bbest)"
        rf" {_NUMBER}(?!\d| ?(?:minutes?|mins?|hours?|%|st|nd|rd|th|s\b|and\b|,|to\b|-))\b(?! (?:second|third|one"
        rf"|and))",
        rf"\buntil (?:there(?:'s| are| is)|i have|we have|it has) {_NUMBER}\b",
    )
)
_ONE_MORE: Final = re.compile(
    r"\b(?:just )?(?:a|one) (?:last|final|single) (?:one|song|track)\b|\bone more\b|\ba (?:[\w-]+ ){0,2}(?:song"
    r"|track) (?:to|for)\b"
    r"|\bjust a last one\b|\bjust one\b",
    re.IGNORECASE,
)
_ONE_OF: Final = re.compile(r"one\s+of\b", re.IGNORECASE)
_POINTING: Final = re.compile(r"\b(?:the|last|first|those|these|other|next|ahead|all|of)\s+$", re.IGNORECASE)
_TOP: Final = re.compile(r"\btop\s+$", re.IGNORECASE)
_PER_ARTIST: Final = re.compile(
    rf"(?:\b(?:at most|no more than|not more than|max(?:imum)?(?: of)?|up to|only|just)\s+)?\b{_NUMBER}"
    rf"(?:\s+(?:{_NOUN}|max(?:imum)?|at most))*,?\s+"
    r"(?:per|(?:by|from|for|of) (?:each|every|any one|any single|the same|a single)|each from an?)\s+"
    r"(?:artists?|bands?|singers?|groups?|performers?|acts?|composers?|musicians?)(?:\s+(?:at most|max(?:imum)?))?\b",
    re.IGNORECASE,
)
_EACH_ANOTHER: Final = re.compile(
    r"\b(?:all|each(?: one)?|every one)\s+(?:(?:by|from|of)\s+)?(?:an?\s+)?different\s+(?:artists?|bands?|singers?)\b"
    r"|\bno (?:artist|band|singer) (?:twice|more than once)\b",
    re.IGNORECASE,
)


def count_in(text: str) -> int | None:
    """Return the number of tracks that `text` asks for, or None where it says none."""
    # "At most one song per artist" asks for no number of songs.
    head = _PER_ARTIST.sub(" ", text[:2000])
    for pattern in _PATTERNS:
        for match in pattern.finditer(head):
            start = match.start("n")
            if _POINTING.search(head[:start]) or (_TOP.search(head[:start]) and match["n"] in ("40", "100")):
                continue
            number = int(match["n"]) if match["n"].isdigit() else _WORDS[match["n"].lower()]
            if number < 1 or (match["n"].lower() == "one" and _ONE_OF.match(match[0])):
                continue
            if number <= MOST or (pattern is _PATTERNS[0] and number not in _YEARS):
                return number
    return 1 if _ONE_MORE.search(head) else None


def per_artist_in(text: str) -> int | None:
    """Return how many tracks of one artist `text` allows at most, or None where it says nothing of it."""
    head = text[:2000]
    if (match := _PER_ARTIST.search(head)) is not None:
        number = int(match["n"]) if match["n"].isdigit() else _WORDS[match["n"].lower()]
        return number or None
    return 1 if _EACH_ANOTHER.search(head) else None
