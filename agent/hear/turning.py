"""Changes of mind and corrections: "no wait, folk", "forget it, metal after all", "that's not jazz, that's soul".

What only leads up to the change says nothing of music, and is no order to forget a taste. Knows words, and what was
asked for before.
"""

import re
from collections.abc import Sequence
from typing import Final

from segue.agent.wish import Facets

_LEAD: Final = re.compile(
    r"^\W*(?:(?:no|nah|nope|hm+|oh|ok(?:ay)?|well|sorry|but|and|or|you know what)\b\W+)*"
    r"(?:no wait|(?:wait|hold on|scratch that|forget (?:it|that)|never ?mind(?: that)?|changed my mind"
    r"|i(?:(?:'|’)ve)? changed my mind)(?=\s*[,.;:!…–-])|actually|on second thoughts?)\b\W+"
    r"(?:(?:no|wait|actually|and|just|then|rather)\b\W+)*(?=\w)",
    re.IGNORECASE,
)
_NOT: Final = (
    r"(?:\b(?:is|are|was|were)\s+not|['’](?:s|re)\s+not|\b(?:thats|its|theyre)\s+not|\b(?:is|are|was|were|ai)n['’]?t)"
    r"\s+(?:(?:really|even|exactly|actually|proper|real|an?|any|very|all that)\s+)*"
)
_DROPPING: Final = re.compile(r"forget|scratch|never ?mind", re.IGNORECASE)
_RESIZED: Final = re.compile(
    r"\bmake (?:it|that|this|them|the (?:list|playlist))\b"
    r"|^\W*(?:(?:ok(?:ay)?|no|but|please|maybe|and|only|just|about|around)\W+)*\d{1,3} (?:songs?|tracks?)"
    r"(?:\W+please)?\W*$",
    re.IGNORECASE,
)


def without_lead(text: str) -> str:
    """Return a message with blanks for what leads up to a change of mind, so that places in it stay what they are."""
    match = _LEAD.match(text[:300])
    return text if match is None else " " * match.end() + text[match.end() :]


def forgets(text: str) -> bool:
    """Tell whether the change of mind drops all that was asked for: "forget it, metal after all"."""
    match = _LEAD.match(text[:300])
    return match is not None and _DROPPING.search(match[0]) is not None


def denies(text: str) -> bool:
    """Tell whether a message says that something is not something: "that's not jazz"."""
    return re.search(_NOT, text[:1000], re.IGNORECASE) is not None


def corrects(text: str, genres: Sequence[str], wanted: Facets) -> bool:
    """Tell whether a message says that tracks in sight are not what was asked for: "that's not jazz".

    It is no wish to hear no jazz; nobody takes a wish back by saying that it was not met. `genres`: what is named as
    none that is wanted; `wanted`: what was asked for.
    """
    head = text[:1000]
    values = [*genres, *(value for _, value in wanted.items())]
    return any(re.search(rf"{_NOT}{re.escape(value)}\b", head, re.IGNORECASE) for value in values)


def resizes(text: str) -> bool:
    """Tell whether a message that names nothing changes how many tracks there are: "make it 20 songs"."""
    return _RESIZED.search(text[:300]) is not None
