"""Titles in front of their artist: "One by Metallica" names a song, however common a word it is called.

The linker passes over "one", rightly: it seldom is a song. Before "by" and an artist who has a song of that very name
it is.
"""

from typing import Final

from segue.agent.hear.house import House
from segue.agent.hear.reading import Reading
from segue.tools.search.entities import Mention

_LONGEST: Final = 10
"""Words of a title at most."""
_BEFORE: Final = frozenset(
    ("play", "hear", "to", "on", "song", "track", "called", "queue", "add", "want", "is", "love")
)
"""Words behind which a title may begin; else it begins the message."""
_GENERIC: Final = frozenset(
    ("something", "anything", "everything", "more", "music", "song", "songs", "track", "tracks")
)
"""What people ask for of an artist, though there are songs of these names as well."""


def titled(reading: Reading, house: House) -> list[Mention]:
    """Return the titles in front of their artist that begin a message, or that the linker has passed over."""
    found: list[Mention] = []
    named = [mention for mention in reading.mentions if mention.kind != "artist"]
    for artist in reading.mentions:
        if artist.kind != "artist":
            continue
        by = next((at for at, word in enumerate(reading.words) if word.start >= artist.start), 0) - 1
        if by < 1 or reading.words[by].key != "by":
            continue
        title = _before(reading, house, by, set(artist.positions))
        if title is None:
            continue
        passed_over = not any(other.start < title.end and title.start < other.end for other in named)
        if passed_over or title.start == reading.words[0].start:
            found.append(title)
    return found


def _before(reading: Reading, house: House, by: int, own: set[int]) -> Mention | None:
    words = reading.words
    for first in range(max(0, by - _LONGEST), by):
        if first > 0 and words[first - 1].key not in _BEFORE:
            continue
        if first == by - 1 and words[first].key in _GENERIC:
            continue
        start, end = words[first].start, words[by - 1].end
        text = reading.text[start:end]
        number = house.linker.names.find("title", text)
        positions = tuple(at for at in house.positions("title", text) if at in own)
        if number is None or not positions:
            continue
        return Mention(
            kind="title", name=house.linker.names.names[number].text, score=1.0, positions=positions, exact=True,
            start=start, end=end, text=text,
        )  # fmt: skip
    return None
