"""The baseline of hearing: lists of words.

Acts by the first list that a message touches, facets by the vocabulary lists, names by exact match in the catalog,
avoided what follows a word of negation, compared with what follows "like".
"""

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from segue.agent.hear.vocabulary import LISTED, lists
from segue.evals.heard import Said
from segue.tools.search.terms import decade, stem
from segue.tools.search.words import Word, words, zipf

if TYPE_CHECKING:
    from segue.agent.hear.messages import HeardMessage
    from segue.evals.bench.hear import Answer
    from segue.tools.search.name_index import NameIndex

_ACTS: Final = (
    ("control", r"^\W*(?:please )?(?:add|remove|delete|skip|save|play|put|stop|clear|shuffle|next|undo)\b"),
    ("taste", r"\b(?:never|always|remember|forget|favou?rites?|from now on|in general)\b"),
    ("question", r"^\W*(?:who|what|when|where|which|why|how)\b|\bgenre is this\b"),
    ("more", r"\bmore\b|\bany other\b|\bsimilar songs\b"),
    ("dislike", r"\b(?:don'?t like|hate|not a fan|too|boring|nope|meh|no)\b"),
    ("like", r"\b(?:great|love|perfect|awesome|nice|good|beautiful)\b"),
    ("chat", r"\b(?:hello|hi|hey|thanks|thank you|bye|good morning)\b"),
)  # fmt: skip
_NEGATION: Final = frozenset(
    ["not", "no", "never", "without", "except", "less", "nothing", "dont", "hate", "avoid", "but", "too", "isnt"]
)
_COMPARING: Final = frozenset({"like", "similar"})
_ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_NUMBERS: Final = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


class KeywordHearer:
    """Hears by lists of words."""

    def __init__(self, names: "NameIndex") -> None:
        self._names = names

    def answer(self, message: "HeardMessage") -> "Answer":
        """Return what the lists make of a message."""
        from segue.evals.bench.hear import Answer

        text = message.text
        found = words(text)
        act = next((act for act, pattern in _ACTS if re.search(pattern, text, re.IGNORECASE)), "request")
        if act in ("like", "dislike", "more", "control") and not message.before and not message.shown:
            act = "request"
        return Answer(act, self._said(found), self._refs(found, len(message.shown)), _count(found))

    def polarity(self, text: str, start: int) -> str:
        """Return what is wanted with what stands at offset `start` of `text`."""
        found = words(text)
        return _polarity(found, next((place for place, word in enumerate(found) if word.start >= start), 0))

    def _said(self, found: list[Word]) -> list[Said]:
        said: list[Said] = []
        place = 0
        while place < len(found):
            for stop in range(min(len(found), place + 8), place, -1):
                named = self._look_up(found[place:stop])
                if named is None:
                    continue
                kind, value = named
                polarity = _polarity(found, place)
                said.append(Said("want" if polarity == "like" and kind != "names" else polarity, kind, value))
                place = stop - 1
                break
            place += 1
        return said

    def _look_up(self, span: list[Word]) -> tuple[str, str] | None:
        text = " ".join(word.key for word in span)
        facets = lists().get(tuple(stem(word.key) for word in span), frozenset())
        if facets:
            return next(facet for facet in LISTED if facet in facets), text
        if len(span) == 1 and decade(span[0].key) is not None:
            return "eras", text
        if len(span) == 1 and zipf(span[0].key) >= 4:
            return None
        for kind in ("artist", "title", "album"):
            number = self._names.find(kind, text)
            if number is not None:
                return "names", self._names.names[number].text
        return None

    def _refs(self, found: list[Word], total: int) -> tuple[int, ...]:
        numbers = {_ORDINALS[word.key] for word in found if word.key in _ORDINALS}
        numbers |= {int(word.key) for word in found if word.key.isdigit() and len(word.key) == 1}
        return tuple(sorted(number for number in numbers if 1 <= number <= total))


def _count(found: list[Word]) -> int | None:
    for word, after in pairwise(found):
        if after.key in ("songs", "tracks", "more") and (word.key.isdigit() or word.key in _NUMBERS):
            return int(word.key) if word.key.isdigit() else _NUMBERS[word.key]
    return None


def _polarity(found: list[Word], place: int) -> str:
    if _NEGATION & {word.key for word in found[max(0, place - 4) : place]}:
        return "avoid"
    return "like" if _COMPARING & {word.key for word in found[:place]} else "want"
