"""Names within names: "Bob Marley & The Wailers" is one artist though The Wailers are another.

Knows spellings of names; what is wanted with an artist is `naming.py`'s business.
"""

from collections.abc import Iterable

from segue.agent.hear.reading import Reading
from segue.generator.names import artist_key
from segue.tools.search.entities import Mention
from segue.tools.search.words import keys

_BACKED_BY = ("the ", "his ", "her ")


def whole_names(reading: Reading) -> list[Mention]:
    """Return the linked names of a message, each as long as it is spelt out there; names within those are none."""
    found: list[Mention] = []
    for mention in reading.mentions:
        if found and mention.start < found[-1].end:
            continue
        found.append(_whole(mention, reading))
    return found


def _whole(mention: Mention, reading: Reading) -> Mention:
    name = keys(mention.name)
    words = [word for word in reading.words if word.start >= mention.start][: len(name)]
    if [word.key for word in words] != [*name] or words[-1].end <= mention.end:
        return mention
    end = words[-1].end
    return mention.model_copy(update={"end": end, "text": reading.text[mention.start : end], "exact": True})


def groups_with(artist: str, known: Iterable[str]) -> list[str]:
    """Return which of the folded names `known` are groups of which `artist` is a whole member.

    "Neil Young" is in "neil young and crazy horse", "Prince" in "prince and the revolution", "The Wailers" in "bob
    marley and the wailers"; whoever is called Fire is not in "earth wind and fire".
    """
    key = artist_key(artist)
    return sorted(name for name in known if " and " in name and _is_member(key, name.split(" and ")))


def _is_member(key: str, members: list[str]) -> bool:
    if key == members[0] and members[1].startswith(_BACKED_BY):
        return True
    return f"the {key}" in members or (" " in key and key in members)
