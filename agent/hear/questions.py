"""Questions: what is asked about a track, from a list of patterns; what none of them knows is "other"."""

import re
from typing import Final

from segue.agent.wish import Asked, Extreme, Facets

_SOURCES: Final[tuple[tuple[Asked, str], ...]] = (
        ("why", r"\bwhy\b|\bhow come\b|\bwhat made you\b|\bpor qu[eé]\b|\bpourquoi\b|\bwarum\b|\bwieso\b"
                r"|\bperch[eé]\b"),
        (
            "year",
            r"\b(?:what|which) year\b|\bwhen (?:was|did|were|is)\b|\bhow old\b|\breleased?\b.*\bwhen\b"
            r"|\bwhich .*\b(?:older|"
            r"newer|came first)\b|\bwhat (?:decade|era)\b|\brelease date\b|\bcu[aá]ndo\b|\bquand\b|\bwann\b|\bquando\b",
        ),
        ("length", r"\bhow long\b|\b(?:length|duration)\b|\bhow many minutes\b|\bwie lange?\b"),
        ("language", r"\b(?:what|which) language\b|\bin (?:what|which) language\b|\bis (?:it|that"
                     r"|this) (?:in )?(?:english|"
                     r"spanish|french|german|italian|korean|japanese|portuguese|turkish|hindi|arabic)\b"
                     r"|\bwhat does .* mean\b"),
        ("album", r"\b(?:what|which) (?:album|record|ep|lp)\b|\balbum\b|\bwhat.*\b(?:is (?:it|this|that) (?:from"
                  r"|on))\b"),
        ("genre", r"\b(?:what|which) (?:kind|type|sort|style|genre|subgenre)s?\b|\bgenre\b|\bwhat (?:is"
                  r"|do you call) this (?:style|"
                  r"kind|type|sound)\b"),
        (
            "artist",
            r"\bwho(?:'s|s|se)?\b|\bwhich (?:band|artist|singer|one of them|member)\b|\b(?:name of the (?:artist"
            r"|band|singer))\b"
            r"|\bqui[eé]n\b|\bqui\b.*\b(?:chante|compositeur|est)\b|\bwer\b|\bchi (?:canta|è)\b|\bquem\b",
        ),
        ("about", r"\babout\b|\bmeaning\b|\blyrics?\b|\bstory\b|\bfrom the (?:film|movie|show)\b|\bis (?:he|she"
                  r"|this her|this his)\b"
                  r"|\btell me\b|\bin your own words\b|\bis [\w\s'’.-]+ (?:from|\w+ish|\w+an|\w+ch)\b"),
)  # fmt: skip
_EXTREME_WORDS: Final[tuple[tuple[Asked, Extreme, str], ...]] = (
    ("year", "least", r"oldest|earliest|(?:came|was)(?: out)? first|older"),
    ("year", "most", r"newest|latest|most recent|(?:came|was)(?: out)? last|newer"),
    ("length", "most", r"longest|longer"),
    ("length", "least", r"shortest|shorter"),
)
_EXTREMES: Final = tuple(
    (
        asked,
        which,
        re.compile(rf"\b(?:which|what|who)(?:'s)?\b.*\b(?:{words})\b|^\W*the (?:{words})(?: one)?\?", re.IGNORECASE),
    )
    for asked, which, words in _EXTREME_WORDS
)
_WHETHER: Final = re.compile(
    r"^\W*(?:(?:and|so|but|hey|ok(?:ay)?|hm+)\W+)*(?:is|are|was|were|which (?:of (?:these|those|them)|ones?)|"
    r"(?:do|does) (?:any|one))\b",
    re.IGNORECASE,
)
_LABELS: Final = ("genres", "moods", "instruments", "languages", "vocals", "themes")
_PATTERNS: Final = tuple((asked, re.compile(pattern, re.IGNORECASE)) for asked, pattern in _SOURCES)


def asked_in(text: str) -> Asked:
    """Return what `text` asks."""
    head = text[:1000]
    return next((asked for asked, pattern in _PATTERNS if pattern.search(head)), "other")


def extreme_in(text: str) -> tuple[Asked, Extreme] | None:
    """Return of what the most or the least is asked for ("which is the oldest?"), or None."""
    head = text[:1000]
    return next(((asked, which) for asked, which, pattern in _EXTREMES if pattern.search(head)), None)


def labels_in_question(text: str, want: Facets) -> tuple[str, ...]:
    """Return what tracks are asked to be ("is the second one sad?"), of what a question names; empty for others."""
    if not _WHETHER.match(text[:1000]):
        return ()
    return tuple(value for kind in _LABELS for value in getattr(want, kind))
