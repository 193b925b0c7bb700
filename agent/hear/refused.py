"""Refused artists: names of this catalog behind words that certainly refuse ("anything but Common", "no Yes or Queen").

A band that is called like a common word is passed over by the linker, rightly: "common" is seldom the rapper. Where the
name is written as the catalog writes it, with its capital, and refused, playing the artist costs more than a wrong
guess.
"""

import re
from collections.abc import Sequence
from typing import Final

from segue.agent.hear.certain import certain_polarity
from segue.agent.hear.house import House
from segue.agent.hear.reading import Reading
from segue.agent.hear.vocabulary import facets_of
from segue.tools.search.entities import Mention

_LONGEST: Final = 6
"""Words of a name at most."""
_BEHIND: Final = re.compile(
    r"\s*(?:$|[,.;!?)]|(?:ever again|again|please|any ?more|and|or|ever|for now|tonight|today)\b)", re.I
)
"""What may stand behind a whole name."""


def refused_artists(reading: Reading, house: House) -> list[Mention]:
    """Return the artists that a message refuses, each at its place; never a word that names a genre as well."""
    found: list[Mention] = []
    place = 0
    while place < len(reading.words):
        mention = _at(reading, house, place) if _refused(reading, place, found) else None
        if mention is None:
            place += 1
            continue
        found.append(mention)
        place += sum(mention.start <= word.start < mention.end for word in reading.words)
    return found


def _refused(reading: Reading, place: int, found: Sequence[Mention]) -> bool:
    if certain_polarity(reading.text, reading.words, place) == "avoid":
        return True
    before = reading.text[found[-1].end : reading.words[place].start].strip().lower() if found else ""
    return before in ("or", "and", "nor")


def _at(reading: Reading, house: House, first: int) -> Mention | None:
    for stop in range(min(first + _LONGEST, len(reading.words)), first, -1):
        start, end = reading.words[first].start, reading.words[stop - 1].end
        said = reading.text[start:end]
        if not said[0].isupper() or not _BEHIND.match(reading.text[end:]):
            continue
        if facets_of(said) or house.label("genres", said) is not None:
            continue
        number = house.linker.names.find("artist", said)
        if number is None or house.linker.names.names[number].text != said:
            continue
        return Mention(
            kind="artist", name=said, score=1.0, positions=house.positions("artist", said), exact=True,
            start=start, end=end, text=said,
        )  # fmt: skip
    return None
