"""Labels: words of a message that are, exactly and beyond doubt, a genre or a language of this catalog.

The tagger has never seen most of a catalog's genres ("late romantic" is an era to it); a label of two words or more,
spelt as the catalog spells it, needs no judgement. Nor does a language behind "in", nor an uncommon word that is a mood
here, before a word for music ("wistful songs").
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from segue.agent.hear.house import House
from segue.agent.wish import Polarity
from segue.generator.names import fold
from segue.tools.search.words import Word, zipf

_LONGEST: Final = 5
"""Words of a label at most."""
_MUSIC: Final = frozenset({"song", "songs", "music", "track", "tracks", "tune", "tunes", "ballad", "ballads", "stuff"})
_COMMON: Final = 4.5
"""Zipf frequency from which on a word says too many other things to be a mood for sure."""


class Label(NamedTuple):
    """Words that are a label: where they stand, and the facet with its value."""

    first: int
    stop: int
    kind: str
    value: str


def labels_in(text: str, words: Sequence[Word], house: House) -> list[Label]:
    """Return the labels in a message, longest first where they overlap; values as typed."""
    found: list[Label] = []
    genres = house.labels["genres"]
    for size in range(_LONGEST, 1, -1):
        for first in range(len(words) - size + 1):
            stop = first + size
            said = text[words[first].start : words[stop - 1].end]
            if fold(said) in genres and not any(label.first < stop and first < label.stop for label in found):
                found.append(Label(first, stop, "genres", said))
    for place in range(1, len(words)):
        said = text[words[place].start : words[place].end]
        if words[place - 1].key == "in" and fold(said) in house.labels["languages"]:
            found.append(Label(place, place + 1, "languages", said))
    return found


def moods_in(text: str, words: Sequence[Word], house: House) -> list[Label]:
    """Return the moods before a word for music that leave no doubt: "free music" and "cool tunes" do."""
    moods = house.labels["moods"]
    return [
        Label(place, place + 1, "moods", text[word.start : word.end])
        for place, (word, following) in enumerate(pairwise(words))
        if following.key in _MUSIC and zipf(word.key) < _COMMON and fold(text[word.start : word.end]) in moods
    ]


def wanted_or_not(polarity: Polarity) -> Polarity:
    """Return a polarity that a label can have: what is only compared with is wanted."""
    return "want" if polarity == "like" else polarity
