"""Other languages: deciding words of Spanish, Portuguese, French, German and Italian; the tagger knows English best.

Lists, no grammar: decades, kinds of voice, and the little words around a genre that are no part of it.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from segue.tools.search.words import Word

_TENS: Final = {
    "sessanta": "60s", "settanta": "70s", "ottanta": "80s", "novanta": "90s",
    "sesenta": "60s", "setenta": "70s", "ochenta": "80s", "noventa": "90s", "oitenta": "80s",
    "sechziger": "60s", "siebziger": "70s", "achtziger": "80s", "neunziger": "90s",
}  # fmt: skip
_DECADE: Final = re.compile(
    r"\b(?:(?:los|las|dos|les|gli|degli|negli|aus den|den|der|de los|in den)\s+)*"
    r"(?:(?:años|anos|anni|années|annees)\s+['’]?(?P<after>(?:(?:19|20)?\d0)(?!\d)|"
    + "|".join(name for name in _TENS if not name.endswith("ger"))
    + r")|(?P<before>(?:19|20)?\d0)er(?:n|\s*jahren?)?|(?P<named>sechziger|siebziger|achtziger|neunziger)n?"
    r"(?:\s*jahren?)?)\b",
    re.IGNORECASE,
)
_VOICES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in (
        ("instrumental", r"\b(?:strumental[ei]|instrumental(?:es|e[rsn]?|is)|instrumentaux)\b"),
        ("female", r"\b(?:voz (?:femenina|feminina|de mujer)|cantantes? femeninas?|voc[ei] femminil[ei]"
                   r"|voix f[ée]minines?|frauenstimmen?|weibliche[rmn]? (?:gesang|stimmen?)|s[äa]ngerin(?:nen)?)\b"),
        ("male", r"\b(?:voz (?:masculina|de hombre)|cantantes? masculinos?|voc[ei] maschil[ei]|voix masculines?"
                 r"|m[äa]nnerstimmen?|m[äa]nnliche[rmn]? (?:gesang|stimmen?))\b"),
    )
)  # fmt: skip
_LITTLE: Final = re.compile(
    r"\b(?:algo|un po['’] di|un poco de|un peu de|um pouco de|uma|una|une|eine?|etwas|escuchar|ascoltare|ouvir"
    r"|[ée]couter|h[öo]ren|vorrei|quiero|spiel mir|ponme|toca|metti|musica|música|musik|musique)\b",
    re.IGNORECASE,
)


class Foreign(NamedTuple):
    """Words that were recognised: the facet with its value in English, or no facet for words that say nothing."""

    first: int
    stop: int
    kind: str | None
    value: str


def foreign_words(text: str, words: Sequence[Word]) -> list[Foreign]:
    """Return what these lists know of a message, by the numbers of its words."""
    found: list[Foreign] = []

    def take(match: re.Match[str], kind: str | None, value: str) -> None:
        inside = [place for place, word in enumerate(words) if match.start() <= word.start < match.end()]
        if inside and not any(each.first <= place < each.stop for each in found for place in inside):
            found.append(Foreign(inside[0], inside[-1] + 1, kind, value))

    for match in _DECADE.finditer(text):
        said = (match["after"] or match["before"] or match["named"]).lower()
        take(match, "eras", _TENS.get(said) or f"{said}s")
    for label, pattern in _VOICES:
        for match in pattern.finditer(text):
            take(match, "vocals", label)
    for match in _LITTLE.finditer(text):
        take(match, None, "")
    return found
