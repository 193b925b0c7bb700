"""Words of a text, with their places: the one way in which search and entity linking cut text into words.

Names and messages are cut by the same function, so that equal names always give equal keys. Scripts written without
spaces (Chinese, Japanese, Thai ...) and Korean, whose particles cling to the name, give one word per character. Also
says how common an English word is. Knows nothing of tracks, names or indexes.
"""

import math
import re
import unicodedata
from functools import cache, lru_cache
from typing import Final, NamedTuple

from segue.generator.names import fold

# Letters of scripts that are written without spaces, or whose particles follow a name without one.
_UNSPACED: Final = (
    r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\uac00-\ud7a3\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
# Vowel signs and accents that Python's \w leaves out; without them words in Devanagari, Arabic or NFD would break.
_MARKS: Final = r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
_LETTER: Final = rf"(?:(?![{_UNSPACED}_])[\w$]|[{_MARKS}])"
_WORD: Final = re.compile(rf"[{_UNSPACED}]|{_LETTER}+(?:['’‘`´]{_LETTER}+)*|&|(?<!\S)[^\w\s\"“”]{{2,}}(?!\S)")
# The same for text in ASCII, in which no letter needs to be looked at twice: four times as quick.
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9$]+(?:['`][A-Za-z0-9$]+)*|&|(?<!\S)[^\w\s\"]{2,}(?!\S)")
_UNSPACED_WORD: Final = re.compile(rf"[{_UNSPACED}]")
_AND: Final = frozenset({"n", "&", "+"})


class Word(NamedTuple):
    """One word of a text."""

    key: str
    """The folded word ("Radiohead's" -> "radioheads"); "&" and "n" read "and"."""
    start: int
    """Offset of its first character in the text."""
    end: int
    """Offset behind its last character."""


@lru_cache(maxsize=200_000)
def _key(word: str) -> str:
    if word in _AND:
        return "and"
    # Folding takes Korean syllables apart into letters; a syllable is one word here.
    folded = unicodedata.normalize("NFC", fold(word).replace(" ", ""))
    return "and" if folded in _AND else folded


def words(text: str) -> list[Word]:
    """Return the words of `text` in order. A mark of punctuation alone is a word only where it stands alone ("!!!")."""
    found = (Word(_key(match.group()), match.start(), match.end()) for match in _pattern(text).finditer(text))
    return [word for word in found if word.key]


def keys(text: str) -> tuple[str, ...]:
    """Return the folded words of `text`, without their places."""
    return tuple(key for match in _pattern(text).findall(text) if (key := _key(match)))


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else _WORD


def is_unspaced(key: str) -> bool:
    """Tell whether `key` is a single character of a script written without spaces."""
    return len(key) == 1 and _UNSPACED_WORD.match(key) is not None


@cache
def _english() -> dict[str, float]:
    import wordfreq

    frequencies: dict[str, float] = {}
    for word, share in wordfreq.get_frequency_dict("en", wordlist="small").items():
        key = _key(word)
        frequencies[key] = frequencies.get(key, 0.0) + share
    return {word: math.log10(share) + 9 for word, share in frequencies.items()}


UNCOMMON: Final = 2.5
"""The Zipf frequency given to words that are not among the 29,000 commonest of English (they have 3 and more)."""


def zipf(key: str) -> float:
    """Return the Zipf frequency of a folded English word (log10 of its occurrences in a billion words).

    "the" 7.7, "love" 5.8, "journey" 4.7, "beatles" 3.9; numbers up to 100 and single letters count as common.
    """
    known = _english().get(key)
    if known is not None:
        return known
    if key.isdigit():
        return 5.0 if len(key) <= 2 else 4.0
    return 5.0 if len(key) == 1 and not is_unspaced(key) else UNCOMMON
