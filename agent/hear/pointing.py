"""Pointing: which of the tracks shown last a message points at: by number, by place, by name, or all of them.

"the second one", "add 2 and 4", "the last two", "all but the first", "the Prince one", "der dritte". Rules over words;
how much of "these are great" is meant is `hearer.py`'s business. Numbers count from 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from segue.agent.hear.verdicts import DEMONSTRATIVES, PLURALS, Verdict, verdict
from segue.generator.names import split_title
from segue.generator.track import Track
from segue.tools.search.words import keys, zipf

_ORDINALS: Final = {
    word: number
    for number, spelt in enumerate(
        (
            "first 1st primero primera primer premier premiere premieres erste ersten erstes erster primo prima "
            "primeiro"
            " primeira pehla pehle pehli birinci birincisi birinciyi eerste",
            "second 2nd segundo segunda deuxieme seconde zweite zweiten zweites zweiter secondo seconda dusra dusre "
            "dusri"
            " doosra ikinci ikincisi ikinciyi tweede",
            "third 3rd tercero tercera tercer troisieme dritte dritten drittes dritter terzo terza terceiro terceira"
            " teesra tisra teesre teesri ucuncu ucuncuyu ucuncusu derde",
            "fourth 4th forth cuarto cuarta quatrieme vierte vierten quarto quarta chautha chauthe dorduncu dorduncuyu",
            "fifth 5th quinto quinta cinquieme funfte funften paanchva besinci besinciyi",
            "sixth 6th sexto sexta sixieme sechste sesto sesta",
            "seventh 7th septimo septima septieme siebte settimo settima",
            "eighth 8th octavo octava huitieme achte ottavo ottava",
            "ninth 9th noveno novena neuvieme neunte nono nona",
            "tenth 10th decimo decima dixieme zehnte",
        ),
        1,
    )
    for word in spelt.split()
}  # fmt: skip
_CARDINALS: Final = {
    word: number
    for number, spelt in enumerate(
        ("one", "two dos deux zwei due dois duas iki do", "three tres trois drei tre uc teen", "four cuatro quatre "
                                                                                               "vier",
         "five cinco cinq funf", "six", "seven", "eight", "nine", "ten"),
        1,
    )
    for word in spelt.split()
}  # fmt: skip
_LAST: Final = frozenset(
    [
        "last",
        "final",
        "ultimo",
        "ultima",
        "lultimo",
        "lultima",
        "ultimos",
        "ultimas",
        "dernier",
        "derniere",
        "derniers",
        "dernieres",
        "letzte",
        "letzten",
        "letzter",
        "son",
        "aakhri",
        "bottom",
    ]
)
_PLACES: Final = frozenset(_ORDINALS) | _LAST
_ELIDED: Final = frozenset({"lultimo", "lultima"})
"""Their article is in them."""
_ARTICLES: Final = frozenset({"the", "el", "la", "le", "der", "die", "das", "al"})
_TOP: Final = frozenset({"top", "opening"})
_MIDDLE: Final = frozenset({"middle", "mittlere", "mittleren"})
_BOTH: Final = frozenset({"both", "beide", "beiden", "ambos", "ambas", "neither", "entrambi", "entrambe", "dono"})
_ALL: Final = frozenset({"all", "everything", "alle", "todas", "todos", "tous", "toutes", "tutte", "tutti", "hepsi"})
_REST: Final = frozenset(
    {"rest", "others", "remaining", "remainder", "resto", "reste", "autres", "digerleri", "digerlerini", "anderen"}
)
_EXCEPT: Final = frozenset({"except", "but", "save", "minus", "apart", "besides", "ausser", "menos", "sauf"})
_NUMBERED: Final = frozenset({"number", "no", "nr", "numero", "track", "song", "nummer", "option", "choice", "#"})
_ONES: Final = frozenset(
    [
        "one",
        "ones",
        "song",
        "songs",
        "track",
        "tracks",
        "tune",
        "tunes",
        "version",
        "wala",
        "wale",
        "gaana",
        "uno",
        "una",
        "chanson",
        "lied",
        "ones",
        "pick",
        "picks",
    ]
)
_NOT_NUMBERS: Final = frozenset(
    [
        "more",
        "extra",
        "songs",
        "tracks",
        "other",
        "others",
        "minute",
        "minutes",
        "min",
        "mins",
        "hour",
        "hours",
        "times",
        "time",
        "x",
        "day",
        "days",
        "year",
        "years",
        "bpm",
        "percent",
        "stars",
        "star",
        "am",
        "pm",
        "months",
        "month",
        "weeks",
        "week",
        "yrs",
        "yr",
        "additional",
        "artists",
        "bands",
        "albums",
        "playlists",
        "hits",
        "seconds",
        "tunes",
        "of",
    ]
)
_PLURAL: Final = frozenset({"these", "those", "them"})
_PERIODS: Final = frozenset({"years", "decades", "months", "weeks", "days", "centuries"})
_POINTERS: Final = frozenset(
    {"this", "that", "it", "dieses", "este", "esta", "ese", "esa", "celle", "questa", "questo"}
)
_SINGLE_NOUNS: Final = frozenset((
    "one", "song", "track", "tune", "version", "pick", "cancion", "tema", "chanson", "titre", "morceau", "lied",
    "canzone", "brano", "musica",
))  # fmt: skip
_REFUSED: Final = frozenset({"no", "non", "pas", "nicht", "la", "nao"})
"""What stands behind the word that means one track when it is turned down: "esa no", "celle-là"."""
_COUNT_HEAD: Final = frozenset({"first", "last", "top", "final", "other", "opening", "bottom", "these", "those", "all"})


@dataclass(frozen=True)
class Pointing:
    """What a message points at."""

    numbers: tuple[int, ...] = ()
    """Numbers of tracks within the list, ascending."""
    beyond: tuple[int, ...] = ()
    """Numbers that were said though the list is shorter."""
    named: bool = False
    """Whether some were pointed at by title or artist."""
    everything: bool = False
    """Whether all of them were, in so many words."""
    verdict: Verdict | None = None
    """What a message in another language that does nothing but point says of the track: "esa no"."""
    plural: bool = False
    """"these", "those", "them": what is in sight as a whole, where no single one is pointed at."""
    deictic: bool = False
    """"this one", "it": something in sight, no telling which."""
    single: bool = False
    """"that one", "this song": one of those in sight, no telling which."""
    explicit: frozenset[int] = field(default_factory=frozenset)
    """Those pointed at by number or place."""

    @property
    def at_one(self) -> bool:
        """Whether a message speaks of one track and does not say which: "it", "that song"."""
        return (self.deictic or self.single) and not (self.numbers or self.plural or self.everything)


def points(text: str, shown: Sequence[Track]) -> Pointing:
    """Return what `text` points at among the tracks `shown` last."""
    said = keys(text)
    total = len(shown)
    found, beyond, rest, everything, excepted = _by_place(said, total)
    by_name = _by_name(said, shown)
    numbers = found | by_name
    if everything and excepted:
        numbers = set(range(1, total + 1)) - excepted
    elif everything or (rest and numbers):
        numbers = set(range(1, total + 1))
    opinion = verdict(said, _PLACES)
    deictic = any(word in _POINTERS for word in said) or (opinion is not None and bool(DEMONSTRATIVES & set(said)))
    plural = bool(_PLURAL & set(said)) or (opinion is not None and bool(PLURALS & set(said)))
    if not numbers and deictic and total == 1:
        numbers = {1}
    return Pointing(
        numbers=tuple(sorted(numbers)),
        beyond=tuple(sorted(beyond)),
        named=bool(by_name),
        everything=everything and not excepted,
        verdict=opinion,
        plural=plural,
        deictic=deictic,
        single=not numbers and not plural and (_is_single(said) or (opinion is not None and deictic)),
        explicit=frozenset(found),
    )


def _is_single(said: Sequence[str]) -> bool:
    """Tell whether a message speaks of one track: "that one", "this song", "esa no"."""
    for word, after in zip(said, [*said[1:], ""], strict=True):
        if after in _SINGLE_NOUNS and (word in ("this", "that") or word in DEMONSTRATIVES):
            return True
        if word in DEMONSTRATIVES and after in _REFUSED:
            return True
    return False


def _by_place(said: Sequence[str], total: int) -> tuple[set[int], set[int], bool, bool, set[int]]:
    found: set[int] = set()
    excepted: set[int] = set()
    rest = everything = excepting = False
    for place, word in enumerate(said):
        before = said[place - 1] if place else ""
        after = said[place + 1] if place + 1 < len(said) else ""
        hits: set[int] = set()
        many = _CARDINALS.get(after, int(after) if after.isdigit() and len(after) < 3 else 0)
        if word in _ORDINALS and not _is_time(after):
            number = _ORDINALS[word]
            hits = set(range(1, many + 1)) if number == 1 and many > 1 else {number}
        elif word in _LAST and not _is_time(after) and total:
            beyond = said[place + 2] if place + 2 < len(said) else ""
            if many > 1 and beyond not in _PERIODS:
                hits = set(range(max(1, total - many + 1), total + 1))
            elif many <= 1 and (after in _ONES or word in _ELIDED or before in _ARTICLES):
                hits = {total}
        elif word in _TOP and many > 1 and many <= total:
            hits = set(range(1, many + 1))
        elif word in _MIDDLE and total:
            hits = {(total + 1) // 2}
        elif word in _BOTH and total >= 2:
            hits = {1, 2} if total == 2 else set()
        elif word in _ALL and _is_all(before, after, total):
            everything = True
        elif word in _REST:
            rest = True
        elif word in _EXCEPT and (everything or rest):
            excepting = True
        elif _is_number(word, before, after, said, place, total):
            hits = {int(word) if word.isdigit() else _CARDINALS[word]}
        if excepting:
            excepted |= hits
        else:
            found |= hits
    inside = {number for number in found if 1 <= number <= total}
    return inside, found - inside, rest, everything, {n for n in excepted if n <= total}


def _is_time(after: str) -> bool:
    return after in (
        "time", "date", "night", "day", "year", "years", "week", "month", "name", "dance", "decade", "album", "album",
        "century", "thing", "minute", "of", "guy", "band", "kiss",
    ) and after not in ("guy", "band")  # fmt: skip


def _is_all(before: str, after: str, total: int) -> bool:
    if total == 0 or before in ("at", "after", "above", "not", "for", "them"):
        return before == "them"
    return after in ("of", "them", "these", "those", "three", "four", "five", "this", "") or (
        after.isdigit() or before in ("add", "save", "love", "like", "loved", "keep", "delete", "remove", "them")
    )


def _is_number(word: str, before: str, after: str, said: Sequence[str], place: int, total: int) -> bool:
    """Tell whether `word` is a number of a track ("add 2 and 4", "3 is spot on") rather than a count or a year."""
    if word in _CARDINALS and not word.isdigit():
        return before in ("number", "numero", "nummer", "track") and total > 0
    if not (word.isdigit() and len(word) <= 2 and 1 <= int(word) <= 30) or total == 0:
        return False
    if before in _ORDINALS:
        return False  # "the 2nd 1"
    if after in _NOT_NUMBERS or before in _COUNT_HEAD or before in ("top", "over", "under", "to", "im", "i", "about"):
        return False
    if before in _NUMBERED:
        return True
    return int(word) <= total and len(said) <= 25


def _by_name(said: Sequence[str], shown: Sequence[Track]) -> set[int]:
    """Return the tracks whose title, artist, or a rare word of them, the message says."""
    if not said:
        return set()
    sentence = f" {' '.join(said)} "
    words = set(said)
    titled = {number for number, track in enumerate(shown, 1) if _says_title(track, sentence, words)}
    sung = {number for number, track in enumerate(shown, 1) if _says_artist(track, sentence, words)}
    return titled or sung


def _says_title(track: Track, sentence: str, said: set[str]) -> bool:
    title = keys(split_title(track.title).base)
    if not title:
        return False
    if f" {' '.join(title)} " in sentence:
        return len(title) > 1 or zipf(title[0]) < 5.2
    rare = [word for word in title if zipf(word) < 4.3 and len(word) >= 4]
    return bool(rare) and any(word in said for word in rare)


def _says_artist(track: Track, sentence: str, said: set[str]) -> bool:
    for artist in track.artists:
        name = keys(artist.name)
        bare = name[1:] if len(name) > 1 and name[0] == "the" else name
        if not bare:
            continue
        for form in (bare, (*bare[:-1], bare[-1] + "s")):
            if f" {' '.join(form)} " in sentence and (len(bare) > 1 or zipf(bare[0]) < 5.4):
                return True
        if len(bare) > 1 and any(zipf(w) < 5 and len(w) >= 4 and (w in said or w + "s" in said) for w in bare):
            return True
    return False
