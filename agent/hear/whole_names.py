"""Names within names: "Bob Marley & The Wailers" is one artist though The Wailers are another.

Knows spellings of names; what is wanted with an artist is `naming.py`'s business.
"""

from segue.agent.hear.reading import Reading
from segue.tools.search.entities import Mention
from segue.tools.search.words import keys


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
