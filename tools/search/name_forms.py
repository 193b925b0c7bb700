"""The forms under which people write a name: without article, as one word, its initials, its leader, a part of it.

Knows one name at a time.
"""

import re
from typing import NamedTuple

from segue.tools.search.name_table import Kind
from segue.tools.search.words import is_unspaced, keys, zipf

_LEAD = re.compile(r"^(.{4,}?)\s*(?:&|\band\b|\bwith\b|,)\s*(?:the|his|her|their|los|las|la)\b", re.IGNORECASE)
_SUFFIX = re.compile(r"\s*\((?:band|musician|singer|rapper|group|duo|dj|[a-z]{2,3})\)$", re.IGNORECASE)


class Name(NamedTuple):
    """One name of the catalog."""

    kind: Kind
    text: str
    """As the catalog spells it first."""
    words: tuple[str, ...]
    """Its folded words, an artist's without a leading article."""


def name_words(kind: Kind, text: str) -> tuple[str, ...]:
    """Return the folded words of a name, an artist's without what tells it apart in brackets and a leading article."""
    found = keys(_SUFFIX.sub("", text) if kind == "artist" else text)
    if kind == "artist" and len(found) > 1 and found[0] in ("the", "a"):
        return found[1:]
    return found


def is_full(name: Name) -> bool:
    """Tell whether the words of a name are all of it: no article was left out."""
    return name.kind != "artist" or keys(name.text)[:1] not in (("the",), ("a",))


def joined(name_words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Write a name of two or three words as one, or its runs of single letters: "b i g" -> "big"."""
    if len(name_words) < 2 or any(is_unspaced(word) for word in name_words):
        return None
    runs: list[str] = []
    after_letter = False
    for word in name_words:
        single = len(word) == 1
        if single and after_letter:
            runs[-1] += word
        else:
            runs.append(word)
        after_letter = single
    if len(runs) < len(name_words):
        return tuple(runs)
    whole = "".join(name_words)
    return (whole,) if len(name_words) <= 3 and len(whole) >= 4 else None


def leads(name: Name) -> list[tuple[str, ...]]:
    """Return the words of the one who leads a group ("tom petty" of "Tom Petty & The Heartbreakers"), or nothing."""
    lead = _LEAD.match(name.text)
    return [name_words("artist", lead.group(1))] if lead else []


def initials(name: Name) -> list[tuple[str, ...]]:
    """Return the initials of a name of three to five words ("rhcp") where they are no everyday word, or nothing."""
    if not 3 <= len(name.words) <= 5 or any(is_unspaced(word) or word.isdigit() for word in name.words):
        return []
    letters = "".join(word[0] for word in name.words)
    return [(letters,)] if zipf(letters) < 3.5 else []


def parts(name: Name) -> list[tuple[str, ...]]:
    """Return the words of a name of two or three that are rare enough to stand for it ("sufjan")."""
    if not 2 <= len(name.words) <= 3:
        return []
    return [(word,) for word in name.words if len(word) >= 4 and zipf(word) < 4]
