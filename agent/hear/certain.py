"""Certainties: what leaves no doubt and is not left to a model: plain orders, and words of refusal right before a name.

Short lists on purpose; whatever needs judgement is the classifier's.
"""

import re
from collections.abc import Sequence
from typing import Final

from segue.agent.hear.commands import is_about_memory
from segue.agent.wish import Act, Polarity
from segue.tools.search.words import Word

_ACTS: Final[tuple[tuple[Act, str], ...]] = (
    ("control", r"^\W*(?:can|could|would|will) (?:you|we|u) (?:please )?(?:remove|delete|skip|drop|save|undo"
                r"|shuffle|clear)\b"),
    ("like", r"^\W*i (?:really |just |absolutely )*(?:love|like|adore) (?:this|that|these|those|it|them)(?: one"
             r"| ones| song| songs)?\W*$"),
    ("dislike", r"^\W*i (?:really |just |absolutely )*(?:hate|don'?t like|dislike) (?:this|that|these|those|it|them)"
                r"(?: one| ones| song| songs)?\W*$"),
    ("request", r"^\W*surprise me\b"),
    ("question", r"^\W*(?:who|what) are you\b|^\W*what can you do\b|^\W*how do(?:es)? (?:you|this) work\b"),
)  # fmt: skip
_PATTERNS: Final = tuple((act, re.compile(pattern, re.IGNORECASE)) for act, pattern in _ACTS)
_REFUSING: Final = frozenset(
    {"no", "not", "without", "except", "excluding", "minus", "never", "avoid", "ohne", "sin", "sans"}
)
_BETWEEN: Final = frozenset(
    {"any", "more", "too", "so", "very", "the", "that", "really", "overly", "super", "for", "play"}
)
_NOT_REFUSING: Final = frozenset({"only", "just", "sure", "necessarily", "bad", "mind"})


def certain_act(text: str) -> Act | None:
    """Return the act of a message that leaves no doubt, or None."""
    head = text[:300]
    memory = is_about_memory(head)
    if memory is not None:
        return "question" if memory == "show_taste" else "taste"
    return next((act for act, pattern in _PATTERNS if pattern.search(head)), None)


def certain_polarity(text: str, words: Sequence[Word], first: int) -> Polarity | None:
    """Return what is certainly wanted with the words from `first` on: "no X", "anything but X", "nothing but X"."""
    place = first - 1
    after = words[first].start
    while place >= 0:
        word = words[place]
        if text[word.end : after].strip():  # a comma, a full stop, a quotation mark
            return None
        if word.key in _REFUSING:
            return "avoid"
        if word.key == "but" and place > 0:
            before = words[place - 1].key
            return "avoid" if before in ("anything", "everything", "all") else "want" if before == "nothing" else None
        if word.key not in _BETWEEN:
            return None
        after = word.start
        place -= 1
    return None
