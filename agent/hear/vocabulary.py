"""The vocabulary lists: everyday words for genres, moods, instruments, countries ..., in `vocabulary.json`.

They hint, they do not decide: the tagger sees which words of a message stand on which list. Collected from the tracks
and artists of the default catalog's sources, with everyday words added by hand. Knows words, not messages.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from segue.generator.names import fold
from segue.tools.search.terms import decade, stem
from segue.tools.search.words import Word, keys

LISTED: Final = (
    "genres", "moods", "instruments", "languages", "countries", "activities", "vocals", "sound", "eras", "themes",
)  # fmt: skip
"""The facets that have a list."""
_LONGEST: Final = 4

Phrase = tuple[str, ...]


@cache
def lists() -> Mapping[Phrase, frozenset[str]]:
    """Return, for each phrase (folded and stemmed words), the facets on whose lists it stands."""
    text = files("segue.agent.hear").joinpath("vocabulary.json").read_text("utf-8")
    found: dict[Phrase, set[str]] = {}
    for facet, phrases in json.loads(text).items():
        for phrase in phrases:
            found.setdefault(_phrase(keys(phrase)), set()).add(facet)
    return {phrase: frozenset(facets) for phrase, facets in found.items()}


def listed(words: Sequence[Word]) -> list[frozenset[str]]:
    """Return, for each word, the facets on whose lists it stands, alone or as a part of a phrase."""
    known = lists()
    found: list[set[str]] = [set() for _ in words]
    stems = [stem(word.key) for word in words]
    for start in range(len(words)):
        for stop in range(start + 1, min(start + _LONGEST, len(words)) + 1):
            for facet in known.get(tuple(stems[start:stop]), ()):
                for place in range(start, stop):
                    found[place].add(facet)
    for place, word in enumerate(words):
        if decade(word.key) is not None or (len(word.key) == 4 and word.key.isdigit() and word.key[:2] in ("19", "20")):
            found[place].add("eras")
    return [frozenset(facets) for facets in found]


def facets_of(text: str) -> frozenset[str]:
    """Return the facets on whose lists `text` stands as a whole."""
    return lists().get(_phrase(keys(fold(text))), frozenset())


def _phrase(words: Sequence[str]) -> Phrase:
    return tuple(stem(word) for word in words)
