"""Small pieces of English: lists, counts, quoted names, and texts of others made safe to stand in a sentence."""

from collections.abc import Sequence
from typing import Final

from segue.generator.names import split_title
from segue.generator.track import Track
from segue.memory.plain import plain

_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_LONGEST: Final = 100
"""Characters of a name in a sentence."""
_QUOTES: Final = '“”" '


def count(number: int, noun: str = "track") -> str:
    """Return "one track", "five tracks", "12 tracks"."""
    return f"{spelt(number)} {noun}{'' if number == 1 else 's'}"


def spelt(number: int) -> str:
    """Return a small number as a word, a large one in digits."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else str(number)


def listing(items: Sequence[str], joint: str = "and") -> str:
    """Return "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {joint} {items[-1]}"


def quoted(name: str) -> str:
    """Return a name in quotation marks, shortened where it is no name any more, and disarmed."""
    return f"“{plain(name, _LONGEST).strip(_QUOTES) or '?'}”"


def named(track: Track) -> str:
    """Return "“Title” by Artist", the title without its version label and guests."""
    base = split_title(track.title).base or track.title
    return f"{quoted(base)} by {plain(track.artist, _LONGEST)}"


def capital(sentence: str) -> str:
    """Return a sentence with its first letter as a capital."""
    return sentence[:1].upper() + sentence[1:]
