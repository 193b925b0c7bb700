"""Comparatives: words that say how music should differ from other music, in one word. Knows words only."""

import re
from typing import Final

_STEMS: Final = """
slow fast quick calm loud quiet soft hard heavi light dark bright happi sadd warm cool cold chill groovi danci mellow
rough weird strang deep simpl funki rocki jazzi folki wild gentl noisi moodi dreami smooth bigg sexi punchi catchi
new old young rar lat earli dens spars clean dirti fuzzi edgi cheesi peppi livli liveli jolli gloomi sunni
cheeri angri loneli spooki sleepi merri
"""
COMPARATIVE: Final = rf"(?:{'|'.join(_STEMS.split())})er"
"""A pattern for "calmer", "heavier" and the like. A list, for Slayer and a singer end in the same two letters."""
_WHOLE: Final = re.compile(COMPARATIVE, re.IGNORECASE)
_DEGREE: Final = (
    r"(?:(?:a|tad|touch|bit|little|lot|much|even|way|slightly|somewhat|far|something|make it|but|and|or)\W+)*"
)
_CHANGE: Final = re.compile(
    rf"\W*(?:(?:no|nah|ok|okay|hmm+|now|please|can it be|could it be)\W+)*{_DEGREE}{COMPARATIVE}"
    rf"(?:\W+{_DEGREE}(?:(?:more|less)\W+\w+|{COMPARATIVE}))*(?:\W+(?:please|instead|now|songs?|music|ones?|stuff))*\W*",
    re.IGNORECASE,
)


def is_comparative(text: str) -> bool:
    """Tell whether a text is one such word."""
    return _WHOLE.fullmatch(text.strip()) is not None


def changes(text: str) -> bool:
    """Tell whether a message is nothing but a change of what was played: "happier", "a bit calmer but sadder"."""
    return _CHANGE.fullmatch(text[:200]) is not None


def plain_forms(text: str) -> tuple[str, ...]:
    """Return what a comparative may be the comparative of ("calmer": calm, calme ...); other texts as they are."""
    if not is_comparative(text):
        return (text,)
    stem = text.strip().lower()[:-2]
    if stem.endswith("i"):
        return (f"{stem[:-1]}y",)
    return (stem, f"{stem}e", *((stem[:-1],) if stem[-1] == stem[-2] else ()))
