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
_NOT_SO: Final = re.compile(
    r"\W*(?:(?:no|but|hm+|ok(?:ay)?|and|maybe|please)\W+)*(?:not|nothing) (?:that|so|too|quite so|as|very|super)"
    r" (?:much )?[\w-]+(?:\W+(?:please|though|this time))*\W*",
    re.IGNORECASE,
)
_AGE: Final = re.compile(
    r"\b(?:not (?:that|so|too|quite so|as|very)|too|less) "
    r"(?:(?P<old>old(?:[- ](?:school|fashioned))?|ancient|dated|vintage)|(?P<new>new|modern|recent|current))\b",
    re.IGNORECASE,
)


def is_comparative(text: str) -> bool:
    """Tell whether a text is one such word."""
    return _WHOLE.fullmatch(text.strip()) is not None


def changes(text: str) -> bool:
    """Tell whether a message is nothing but a change of what was played: "happier", "a bit calmer but sadder"."""
    return _CHANGE.fullmatch(text[:200]) is not None


def tones_down(text: str) -> bool:
    """Tell whether a message is nothing but a degree less: "not that old" turns down no track for ever."""
    return _NOT_SO.fullmatch(text[:200]) is not None


def age_changed(text: str) -> tuple[int, int, str] | None:
    """Return where a message finds music too old or too new, and the era that it wants instead, or None."""
    match = _AGE.search(text[:1000])
    return None if match is None else (*match.span(), "newer" if match["old"] else "older")


def plain_forms(text: str) -> tuple[str, ...]:
    """Return what a comparative may be the comparative of ("calmer": calm, calme ...); other texts as they are."""
    if not is_comparative(text):
        return (text,)
    stem = text.strip().lower()[:-2]
    if stem.endswith("i"):
        return (f"{stem[:-1]}y",)
    return (stem, f"{stem}e", *((stem[:-1],) if stem[-1] == stem[-2] else ()))
