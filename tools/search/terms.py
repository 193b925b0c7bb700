"""Terms: the words of a text as the lexical index counts them.

On top of `words.py`: a light plural stemmer, decades ("90s", "nineties" -> "1990s"), pairs of characters for scripts
written without spaces. Documents and queries take the same way, save that queries drop the words of asking.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from segue.tools.search.words import Word, is_unspaced, keys, words

_DECADE: Final = re.compile(r"(?:(19|20)(\d)0|(\d)0)s")
_DECADE_WORDS: Final = {
    "twenties": "1920s", "thirties": "1930s", "forties": "1940s", "fifties": "1950s", "sixties": "1960s",
    "seventies": "1970s", "eighties": "1980s", "nineties": "1990s", "noughties": "2000s",
}  # fmt: skip

ASKING: Final = frozenset({
    "a", "an", "the", "of", "to", "in", "on", "for", "and", "or", "with", "by", "from", "at", "is", "are", "be",
    "i", "im", "me", "my", "you", "your", "we", "it", "its", "this", "that", "these", "those", "some", "any",
    "something", "anything", "want", "wanted", "like", "likes", "please", "can", "could", "would", "will", "do",
    "does", "have", "has", "play", "give", "show", "find", "add", "need", "looking", "look", "hear", "listen",
    "listening", "song", "music", "track", "tune", "playlist", "similar", "more", "other", "another", "also",
    "great", "good", "thank", "thanks", "hello", "hi", "yes", "no", "not", "so", "just", "really", "very",
    "maybe", "kind", "sort", "let", "lets", "recommend", "suggest", "suggestion",
})  # fmt: skip
"""Words of asking; they say nothing of what is wanted."""


def decade(key: str) -> int | None:
    """Return the first year of the decade that a folded word names ("90s", "1990s", "nineties"), or None.

    Of two digits, 00 to 20 are read as this century's: people who say "20s" for the 1920s are fewer.
    """
    spelt = _DECADE_WORDS.get(key)
    if spelt:
        return int(spelt[:4])
    match = _DECADE.fullmatch(key)
    if not match:
        return None
    if match.group(1):
        return int(f"{match.group(1)}{match.group(2)}0")
    tens = int(match.group(3))
    return (2000 if tens <= 2 else 1900) + 10 * tens


def stem(key: str) -> str:
    """Take the plural off an English word (Harman, "How effective is suffixing?", JASIS 1991: the S stemmer)."""
    if len(key) <= 3 or not key.isascii() or not key.endswith("s"):
        return key
    if key.endswith("ies") and key[-4] not in "ea":
        return key[:-3] + "y"
    if key.endswith("es") and key[-3] not in "aeo":
        return key[:-1]
    return key if key[-2] in "us" else key[:-1]


def terms(text: str) -> list[str]:
    """Return the terms of `text` in order, repeats included."""
    if text.isascii():  # most texts; no script without spaces is among them
        return [_term(key) for key in keys(text)]
    found: list[str] = []
    run: list[Word] = []
    for word in words(text):
        if is_unspaced(word.key):
            if run and run[-1].end != word.start:
                found += _pairs(run)
                run = []
            run.append(word)
            continue
        found += _pairs(run)
        run = []
        found.append(_term(word.key))
    return found + _pairs(run)


@lru_cache(maxsize=100_000)
def _term(key: str) -> str:
    years = decade(key)
    return stem(key) if years is None else f"{years}s"


_ASKING_TERMS: Final = frozenset(stem(word) for word in ASKING)


def query_terms(text: str) -> list[str]:
    """Return the distinct terms of a query without the words of asking; all of them where nothing else is left."""
    found = list(dict.fromkeys(terms(text)))
    return [term for term in found if term not in _ASKING_TERMS] or found


def _pairs(run: list[Word]) -> list[str]:
    """Return the pairs of neighbouring characters in a run without spaces; a lone character stands for itself."""
    if len(run) < 2:
        return [word.key for word in run]
    return [first.key + second.key for first, second in pairwise(run)]
