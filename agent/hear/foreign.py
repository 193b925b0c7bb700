"""Other languages: deciding words of Spanish, Portuguese, French, German and Italian; the tagger knows English best.

Lists, no grammar: decades, kinds of voice, moods and occasions, and the little words around a genre that are no part of
it. What is recognised is told in English, the language of labels and of the models that search.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from segue.agent.wish import Polarity
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
    r"(?:\s*jahren?)?|(?:los|dos|gli|les)\s+['’]?(?P<bare>[2-9]0))\b",
    re.IGNORECASE,
)
_FOR: Final = r"(?:para|pra|pour|per|da|de|zum|beim|f[üu]r)"
_WORDS: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = tuple(
    (kind, value, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE))
    for kind, value, pattern in (
        ("vocals", "instrumental", r"strumental[ei]|instrumental(?:es|e[rsn]?|is)|instrumentaux"),
        ("vocals", "female", r"voz (?:femenina|feminina|de mujer)|cantantes? femeninas?|voc[ei] femminil[ei]"
                             r"|voix f[ée]minines?|frauenstimmen?|weibliche[rmn]? (?:gesang|stimmen?)"
                             r"|s[äa]ngerin(?:nen)?"),
        ("vocals", "male", r"voz (?:masculina|de hombre)|cantantes? masculinos?|voc[ei] maschil[ei]|voix masculines?"
                           r"|m[äa]nnerstimmen?|m[äa]nnliche[rmn]? (?:gesang|stimmen?)"),
        ("moods", "calm", r"tranquil{1,2}[oaie]s?|calmes?|calm[oaie]s?|ruhig(?:e[rsnm]?)?|relajad[oa]s?|relajantes?"),
        ("moods", "happy", r"alegres?|feli(?:z|ces)|felic[ei]|joyeu(?:x|ses?)|gaie?s?|heureu(?:x|ses?)"
                           r"|fr[öo]h?lich(?:e[rsnm]?)?|allegr[oaie]"),
        ("moods", "sad", r"tristes?|tristi|traurig(?:e[rsnm]?)?"),
        ("moods", "romantic", r"rom[áa]ntic[oa]s?|romantiques?|romantich?[eia]|romantisch(?:e[rsnm]?)?"),
        ("moods", "energetic", r"en[ée]rgic[oa]s?|energic[oaih]+e?|[ée]nergiques?|energisch(?:e[rsnm]?)?"),
        *(
            ("languages", language, rf"(?:auf|en|em|in|på|op) (?:{names})")
            for language, names in (
                ("English", "englisch|ingl[ée]s|anglais|inglese|ingl[êe]s"),
                ("German", "deutsch|alem[áa]n|allemand|tedesco|alem[ãa]o"),
                ("Spanish", "spanisch|español|espagnol|spagnolo|espanhol|castellano"),
                ("French", "franz[öo]sisch|franc[ée]s|français|francese|franc[êe]s"),
                ("Italian", "italienisch|italiano|italien"),
                ("Portuguese", "portugiesisch|portugu[ée]s|portugais|portoghese|portugu[êe]s"),
            )
        ),
        ("sound", "slow", r"lent[oaei]s?|(?:de|plus|tr[èe]s|trop|moins) lents?|langsam(?:e[rsnm]?)?"),
        ("sound", "fast", r"r[áa]pid[oa]s?|rapides?|schnell(?:e[rsnm]?)?|veloc[ei]"),
        ("sound", "danceable", rf"{_FOR} (?:bailar|dan[çc]ar|danser|ballare|tanzen)|bailables?|dansante?s?"
                               r"|dan[çc]antes?|tanzbar(?:e[rsnm]?)?|ballabil[ei]"),
        ("activities", "sleep", rf"{_FOR} (?:dormir|dormire|(?:ein)?schlafen)"),
        ("activities", "study", rf"{_FOR} (?:estudiar|estudar|[ée]tudier|studiare|lernen)"),
        ("activities", "work", rf"{_FOR} (?:trabajar|trabalhar|travailler|lavorare|arbeiten?)"),
        ("activities", "workout", rf"{_FOR} (?:entrenar|treinar|(?:le )?sport|allenarsi|training)"),
        ("activities", "party", rf"{_FOR} (?:(?:una|uma|la|a|une|eine|die) )?(?:fiesta|festa|f[êe]te|feiern)"
                                r"|f[üu]r (?:eine |die )?party"),
        ("themes", "love", r"(?:canci[óo]n(?:es)?|m[úu]sicas?|chansons?|canzon[ei]) (?:de |d['’]|di )am(?:ou?r|ore)"
                           r"|liebeslied(?:er)?"),
    )
)  # fmt: skip
_NEGATIONS: Final = frozenset((
    "sin", "nada", "no", "nao", "sem", "pas", "sans", "rien", "kein", "keine", "keiner", "keines", "keinen", "keinem",
    "nicht", "nichts", "ohne", "niente", "senza", "non", "weniger", "menos", "moins", "meno",
))  # fmt: skip
_DEGREES: Final = frozenset((
    "tan", "tao", "muy", "muito", "demasiado", "trop", "aussi", "tres", "zu", "so", "sehr", "troppo", "cosi", "de",
))  # fmt: skip
"""What may stand between a negation and what is ruled out by it: "nicht zu traurig"."""
_LITTLE: Final = re.compile(
    r"\b(?:algo|quelque chose(?: de)?|qualcosa(?: di)?|alguma coisa|canci[óo]n(?:es)?|chansons?|canzon[ei]|lieder"
    r"|un po['’] di|un poco de|un peu de|um pouco de|uma|una|une|eine?|etwas|escuchar|ascoltare|ouvir"
    r"|[ée]couter|h[öo]ren|vorrei|quiero|spiel mir|ponme|toca|metti|musica|música|musik|musique)\b",
    re.IGNORECASE,
)
_KINDS_TOO: Final = re.compile(r"chansons?|lieder", re.IGNORECASE)
"""Of these the ones that are kinds of music wherever nothing else is in that language: "some chanson"."""
_SPOKEN: Final = re.compile(
    r"\b(?:une?|des|les|la|le|du|de|pour|avec|qui|cette|ces|quelques|plus|je|moi|joue|mets|ein(?:e|en|ige)?|paar|die|der"
    r"|das|mit|f[üu]r|zum|mehr|bitte|spiel)\b",
    re.IGNORECASE,
)


class Foreign(NamedTuple):
    """Words that were recognised: the facet with its value in English, or no facet for words that say nothing."""

    first: int
    stop: int
    kind: str | None
    value: str
    polarity: Polarity = "want"


def foreign_words(text: str, words: Sequence[Word]) -> list[Foreign]:
    """Return what these lists know of a message, by the numbers of its words."""
    found: list[Foreign] = []
    starts = [word.start for word in words]
    taken: set[int] = set()

    def take(match: re.Match[str], kind: str | None, value: str) -> None:
        first, stop = bisect_left(starts, match.start()), bisect_left(starts, match.end())
        if first < stop and taken.isdisjoint(range(first, stop)):
            taken.update(range(first, stop))
            polarity: Polarity = "avoid" if _is_ruled_out(words, first) else "want"
            found.append(Foreign(first, stop, kind, value, polarity))

    for match in _DECADE.finditer(text):
        said = (match["after"] or match["before"] or match["bare"] or match["named"]).lower()
        take(match, "eras", _TENS.get(said) or f"{said}s")
    for kind, value, pattern in _WORDS:
        for match in pattern.finditer(text):
            take(match, kind, value)
    in_english = _SPOKEN.search(text) is None
    for match in _LITTLE.finditer(text):
        if not (in_english and _KINDS_TOO.fullmatch(match[0])):
            take(match, None, "")
    return found


def _is_ruled_out(words: Sequence[Word], first: int) -> bool:
    before = first - 1
    while before >= 0 and words[before].key in _DEGREES:
        before -= 1
    return before >= 0 and words[before].key in _NEGATIONS
