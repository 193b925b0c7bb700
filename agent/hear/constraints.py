"""Constraints: what is wanted and avoided becomes hard filters on this catalog, or is declared unmet with the reason.

A filter is only made where the catalog can tell: wanted genres, languages, vocals, versions and years that tracks are
known to have; avoided ones likewise. Moods, themes, activities, instruments and sound are what the ranking weighs; they
are unmet only where no track says anything of them, or where they were to be left out for certain.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from segue.agent.hear.eras import Years, hull, years_of
from segue.agent.hear.house import House
from segue.agent.wish import Facets, Unmet
from segue.generator.names import fold
from segue.generator.track import Track
from segue.tools.search.filters import PLAIN, Filters
from segue.tools.search.words import words

_DEGREE: Final = re.compile(
    r"^(?:(?:too|so|very|way|overly|really|extremely|any|anything|the|more|much|all|a bit|kinda|super|that|those"
    r"|some)\s+)+",
    re.IGNORECASE,
)
_TRAILING: Final = re.compile(
    r"\s+(?:music|songs?|tracks?|stuff|tunes?|bands?|artists?|sounding|style|recordings?)$", re.IGNORECASE
)
_VERSIONS: Final = {
    "live": "live", "remix": "remix", "remixes": "remix", "remixed": "remix", "cover": "cover", "covers": "cover",
    "acoustic": "acoustic", "karaoke": "karaoke", "demo": "demo", "demos": "demo", "instrumental": "instrumental",
    "sped up": "sped up", "slowed": "slowed", "radio edit": "radio edit", "radio edits": "radio edit",
    "extended": "extended", "re recorded": "re-recorded",
}  # fmt: skip
_PLAIN: Final = frozenset(
    {"studio", "studio only", "original", "originals", "the original", "original version", "studio version"}
)
_FEMALE: Final = re.compile(
    r"\b(?:female|wom[ae]n|girls?|lad(?:y|ies)|fem|chicks?|singing girl|cantante femenina|mujer)\b", re.IGNORECASE
)
_MALE: Final = re.compile(r"\b(?:male|m[ae]n|guys?|boys?|dudes?)\b", re.IGNORECASE)
_MIXED: Final = re.compile(r"\b(?:duets?|mixed|male and female|both)\b", re.IGNORECASE)
_CHOIR: Final = re.compile(r"\b(?:choirs?|choral|chorus)\b", re.IGNORECASE)
_WORDLESS: Final = re.compile(
    r"\b(?:instrumentals?|no (?:vocals?|singing|lyrics|words)|non.?lyrical|wordless|without (?:vocals?|singing"
    r"|lyrics|words))\b",
    re.IGNORECASE,
)
_SUNG: Final = re.compile(
    r"^(?:vocals?|singing|singers?|lyrics?|words|voices?|cantantes?|gesang|chant)$", re.IGNORECASE
)
_TEMPO: Final = re.compile(
    r"\b(?:tempo|slow(?:er)?|fast(?:er)?|bpm|mid.?tempo|up.?tempo|down.?tempo|speed|quick(?:er)?)\b|\d\s*bpm",
    re.IGNORECASE,
)
_BEATS: Final = re.compile(r"\b\d{2,3} ?bpm\b", re.IGNORECASE)
_LENGTH: Final = re.compile(r"\b(?:shorter|longer|minutes?|mins?|length|seconds)\b", re.IGNORECASE)
_EXPLICIT: Final = re.compile(
    r"\b(?:explicit|clean|swear\w*|curs\w*|profan\w*|kid.?friendly|rated|family.?friendly|no bad words)\b",
    re.IGNORECASE,
)
_NAMES: Final = {"moods": "mood", "themes": "theme", "activities": "occasion", "instruments": "instrument",
                 "genres": "genre", "languages": "language", "vocals": "kind of voice"}  # fmt: skip
_SAME: Final = (
    frozenset({"rap", "hip hop"}),
    frozenset({"r and b", "rnb", "rhythm and blues"}),
    frozenset({"electronic", "electronica"}),
    frozenset({"drum and bass", "dnb"}),
)
"""Genres that people mean by one another's names."""
_LANGUAGES: Final = {
    "espanol": "spanish", "castellano": "spanish", "francais": "french", "deutsch": "german", "italiano": "italian",
    "portugues": "portuguese", "turkce": "turkish", "nihongo": "japanese", "svenska": "swedish",
}  # fmt: skip


@dataclass
class _Compiled:
    filters: dict[str, Any] = field(default_factory=dict)
    unmet: list[Unmet] = field(default_factory=list)

    def add(self, name: str, value: str) -> None:
        self.filters[name] = (*self.filters.get(name, ()), value)

    def refuse(self, text: str, why: str) -> None:
        if all(item.text != text for item in self.unmet):
            self.unmet.append(Unmet(text=text, why=why))


def compile_constraints(
    want: Facets, avoid: Facets, house: House, text: str, shown: Sequence[Track] = (), *, only_artists: bool
) -> tuple[Filters, tuple[Unmet, ...]]:
    """Return the filters that `want` and `avoid` come to on this catalog, and what of them nothing can execute.

    "newer" and "older" are measured by the tracks `shown`. `only_artists`: whether tracks of other artists than the
    wanted ones would be wrong.
    """
    done = _Compiled()
    if only_artists:
        for artist in want.artists:
            if house.label("artists", artist):
                done.add("artists", artist)
    _wanted_labels(want, house, done, by_artist="artists" in done.filters)
    _avoided_labels(avoid, house, done)
    _eras(want, avoid, house, text, shown, done)
    _soft(want, avoid, house, text, done)
    _versions(want, avoid, done)
    return Filters(**done.filters), tuple(done.unmet)


def plain_value(value: str) -> str:
    """Return a value without words of degree and of kind: "too sad", "any country music" -> "sad", "country"."""
    short = _TRAILING.sub("", _DEGREE.sub("", value.strip()))
    return short if words(short) else value


def _wanted_labels(want: Facets, house: House, done: _Compiled, *, by_artist: bool) -> None:
    if "genres" in house.known:
        for genre in want.genres:
            names = _labels(house, "genres", genre)
            if not names:
                done.refuse(genre, "no track of this catalog has this genre; it is searched for by meaning")
            elif not by_artist:
                for name in names:
                    done.add("genres", name)
    for language in want.languages:
        known = _language(house, language)
        if known is not None:
            done.add("languages", known)
        elif "languages" in house.known:
            done.refuse(language, "no track of this catalog is in this language")
    for voice in want.vocals:
        label = _voice(voice)
        if label is None:
            continue
        if house.label("vocals", label):
            done.add("vocals", label)
        elif "vocals" in house.known:
            done.refuse(voice, "no track of this catalog has such a voice")


def _avoided_labels(avoid: Facets, house: House, done: _Compiled) -> None:
    for artist in avoid.artists:
        if house.label("artists", artist):
            done.add("without_artists", artist)
            for group in house.groups_with(artist):
                done.add("without_artists", group)
    for kind in ("genres", "moods"):
        for value in getattr(avoid, kind):
            names = _labels(house, kind, value)
            for name in names:
                done.add(f"without_{kind}", name)
            if names:
                continue
            if kind in house.known:
                if kind == "moods":
                    done.refuse(value, "no track of this catalog is labelled so; the ranking leans away from it")
            else:
                done.refuse(value, f"no track of this catalog has a {_NAMES[kind]}, so none can be left out by it")
    for language in avoid.languages:
        known = _language(house, language)
        if known is not None:
            # A song in Portuguese and English is in English too.
            sung = sorted(label for label in house.labels["languages"] if fold(known) in label.split())
            for each in dict.fromkeys((known, *sung)):
                done.add("without_languages", each)
        elif "languages" not in house.known:
            done.refuse(language, "no track of this catalog has a language, so none can be left out by it")
    for voice in avoid.vocals:
        plain = plain_value(voice)
        label = "instrumental" if _SUNG.match(plain) else _voice(plain)
        if label is not None and house.label("vocals", label):
            done.add("vocals" if _SUNG.match(plain) else "without_vocals", label)
        else:
            done.refuse(voice, "the catalog does not say this of voices, so none can be left out by it")
    for kind, name_kind in (("titles", "title"), ("albums", "album")):
        for value in getattr(avoid, kind):
            for position in house.positions(name_kind, value):  # type: ignore[arg-type]
                done.add("without_ids", house.catalog.ids[position])


def _eras(want: Facets, avoid: Facets, house: House, text: str, shown: Sequence[Track], done: _Compiled) -> None:
    spans = [years for era in want.eras for years in _in_context(era, text)]
    if not spans:
        spans = [years for era in want.eras for years in _relative(era, shown)]
    if want.eras and not spans and "eras" in house.known:
        done.refuse(", ".join(want.eras), "it names no years; it is searched for by meaning")
    ranges: list[Years] = []
    for era in avoid.eras:
        ranges = _in_context(era, text)
        for years in ranges:
            if years.first is not None and (years.last is None or _said_after(era, text)):
                last = years.last if _said_after(era, text) and years.last else years.first - 1
                spans.append(Years(None, last))
            elif years.last is not None and years.first is None:
                spans.append(Years(years.last + 1, None))
            elif "eras" in house.known:
                done.add("without_years", f"{years.first}-{years.last}")
        if not ranges:
            done.refuse(era, "no years are named, so none can be left out")
    if not spans:
        return
    if "eras" not in house.known:
        done.refuse(", ".join((*want.eras, *avoid.eras)), "no track of this catalog has a release date")
        return
    if (
        all(None in years for years in spans)
        and len(spans) > 1
        and any(y.first for y in spans)
        and any(y.last for y in spans)
    ):
        first = max(y.first for y in spans if y.first is not None)
        last = min(y.last for y in spans if y.last is not None)
        whole, gap = Years(first, last), False
    else:
        whole, gap = hull(spans)
    if whole.first is not None and whole.last is not None and whole.first > whole.last:
        done.refuse(", ".join(want.eras), "the years contradict one another")
        return
    if gap:
        done.refuse(
            ", ".join(want.eras), f"years that do not follow one another: all from {whole.first} to {whole.last}"
        )
    done.filters |= {
        key: year for key, year in (("year_from", whole.first), ("year_to", whole.last)) if year is not None
    }


def _relative(era: str, shown: Sequence[Track]) -> list[Years]:
    """Read "newer" and "older" against the middle of what was shown."""
    years = sorted(track.year for track in shown if track.year is not None)
    if not years:
        return []
    middle = years[len(years) // 2]
    if re.search(r"\b(?:newer|more (?:recent|modern|current)|later)\b", era, re.IGNORECASE):
        return [Years(middle + 1, None)]
    if re.search(r"\b(?:older|earlier)\b", era, re.IGNORECASE):
        return [Years(None, middle - 1)]
    return []


def _in_context(era: str, text: str) -> list[Years]:
    """Read an era with the word before it that opens or closes it ("before" 1970), where the message has one."""
    place = text.lower().find(era.lower())
    if place < 0:
        return years_of(era)
    before = re.findall(r"(?:nothing |not |anything |no )?(?:before|after|since|until|from|pre|post|up to"
                        r"|newer than|older than)\s+(?:the\s+)?$",
                        text[:place], re.IGNORECASE)  # fmt: skip
    behind = re.match(
        r"\s*(?:onwards?|upwards?|and (?:up|later|newer|on)|or (?:newer|later|earlier))\b",
        text[place + len(era) :],
        re.I,
    )
    return years_of(f"{before[0] if before else ''}{era}{behind[0] if behind else ''}")


def _said_after(era: str, text: str) -> bool:
    """Tell whether the message says "nothing after ERA", which `years_of` has read as the years up to it."""
    place = text.lower().find(era.lower())
    return (
        place >= 0 and re.search(r"\b(?:nothing|not) (?:before|after)\s+(?:the\s+)?$", text[:place], re.I) is not None
    )


def _soft(want: Facets, avoid: Facets, house: House, text: str, done: _Compiled) -> None:
    for kind in ("moods", "instruments", "genres"):
        values = getattr(want, kind)
        if values and kind not in house.known:
            done.refuse(
                ", ".join(values), f"no track of this catalog has a {_NAMES[kind]}; it is searched for by meaning"
            )
    for kind in ("languages", "vocals"):
        values = getattr(want, kind)
        if values and kind not in house.known:
            done.refuse(", ".join(values), f"no track of this catalog has a {_NAMES[kind]}")
    if want.countries and "countries" not in house.known:
        done.refuse(", ".join(want.countries), "no artist of this catalog has an origin")
    if beats := _BEATS.search(text):
        done.refuse(beats[0], "tracks cannot be chosen by their beats per minute")
    for value in (*want.sound, *avoid.sound):
        if _TEMPO.search(value) and "tempo" not in house.known:
            done.refuse(value, "no track of this catalog has a tempo")
        elif _LENGTH.search(value):
            done.refuse(value, "tracks cannot be chosen by their length")
    for value in (*want.sound, *avoid.sound, *want.themes, *avoid.themes, *want.vocals, *avoid.vocals):
        if _EXPLICIT.search(value):
            done.refuse(value, "the catalog does not say which tracks are explicit")
    for kind in ("instruments", "themes", "activities", "countries"):
        for value in getattr(avoid, kind):
            done.refuse(value, "the ranking leans away from it, but it cannot be left out for certain")
    for value in avoid.sound:
        if _version(value) is None:
            done.refuse(value, "the ranking leans away from it, but it cannot be left out for certain")


def _versions(want: Facets, avoid: Facets, done: _Compiled) -> None:
    for value in want.sound:
        if fold(plain_value(value)) in _PLAIN or fold(value) in _PLAIN:
            done.add("versions", PLAIN)
            done.add("versions", "remaster")
        elif (label := _version(value)) is not None and label != "acoustic":
            done.add("versions", label)
    for value in (*avoid.sound, *avoid.genres):
        if (label := _version(value)) is not None:
            done.add("without_versions", label)


def _version(value: str) -> str | None:
    return _VERSIONS.get(re.sub(r"\s+(?:versions?|recordings?|performances?)$", "", fold(plain_value(value))))


def _labels(house: House, kind: str, value: str) -> list[str]:
    """Return the labels that a value stands for here: its own or that of its plain form, and what means the same."""
    # "Film song" is a genre of its own where a catalog has it, and no "film" with a noun behind it.
    said = value if house.label(kind, value) is not None else plain_value(value)
    meant = next((same for same in _SAME if fold(said) in same), frozenset({fold(said)}))
    found = [house.label(kind, name) for name in (said, *sorted(meant))]
    return list(dict.fromkeys(name for name in found if name is not None))


def _language(house: House, value: str) -> str | None:
    plain = fold(plain_value(value)).removeprefix("in ").removeprefix("sung in ")
    return house.label("languages", _LANGUAGES.get(plain, plain))


def _voice(value: str) -> str | None:
    if _WORDLESS.search(value):
        return "instrumental"
    if _MIXED.search(value):
        return "mixed"
    if _FEMALE.search(value):
        return "female"
    if _MALE.search(value):
        return "male"
    return "choir" if _CHOIR.search(value) else None
