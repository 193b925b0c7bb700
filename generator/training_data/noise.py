"""How people really type: slips of the finger, no capitals, no apostrophes.

Pure functions of a text and a random source; a text keeps its words, so that it still asks for the same.
"""

from random import Random
from typing import Final

_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS: Final[dict[str, str]] = {
    letter: "".join(
        other
        for r, other_row in enumerate(_ROWS)
        for c, other in enumerate(other_row)
        # Keys of the next row sit half a key to the right.
        if other != letter and abs(r - row) <= 1 and abs((c + r / 2) - (column + row / 2)) <= 1
    )
    for row, keys in enumerate(_ROWS)
    for column, letter in enumerate(keys)
}
"""The keys around each letter of a QWERTY keyboard."""


def slip(word: str, random: Random) -> str:
    """Return `word` with one slip: a neighbouring key, two letters swapped, one left out or one doubled.

    Words of fewer than four letters, and those that are not plain letters, stay as they are.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    at = random.randrange(1, len(word) - 1)
    kind = random.randrange(4)
    if kind == 0:
        key = word[at].lower()
        return word[:at] + random.choice(NEIGHBOURS[key]) + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 2:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def typed(text: str, random: Random, *, slips: float = 0.02, careless: float = 0.5) -> str:
    """Return `text` as it might be typed.

    Each word slips with the probability `slips`; with the probability `careless` the text loses its capitals, and then
    often its apostrophes.
    """
    words = [slip(word, random) if random.random() < slips else word for word in text.split(" ")]
    result = " ".join(words)
    if random.random() < careless:
        result = result.lower()
        if random.random() < 0.5:
            result = result.replace("'", "").replace("’", "")
    return result
