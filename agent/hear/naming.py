"""Naming: the tagger's stretches and the linker's names become facets in the catalog's spelling, with their polarity.

Where both speak of the same words the linker says what is named and the tagger what is wanted with it. A name that the
tagger hears and the catalog lacks is missing; the name spelt most like it is offered.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from segue.agent.hear.certain import HATING, LIKING, certain_polarity, credited
from segue.agent.hear.comparatives import age_changed, changes, is_comparative, plain_forms
from segue.agent.hear.eras import written_ranges
from segue.agent.hear.feelings import feelings_in
from segue.agent.hear.foreign import foreign_words
from segue.agent.hear.house import House
from segue.agent.hear.labels import labels_in, moods_in, wanted_or_not
from segue.agent.hear.model import Sense, Stretch
from segue.agent.hear.named import PLURAL, SINGULAR, Named
from segue.agent.hear.reading import NEGATION, Reading
from segue.agent.hear.refused import refused_artists
from segue.agent.hear.resolving import resolve
from segue.agent.hear.titled import titled
from segue.agent.hear.vocabulary import facets_of
from segue.agent.hear.whole_names import whole_names
from segue.agent.wish import FACET_KINDS, HeardMention, Polarity
from segue.generator.names import fold, split_title
from segue.generator.track import Track
from segue.tools.search.entities import Mention
from segue.tools.search.terms import decade
from segue.tools.search.words import keys, zipf

_DESCRIBING: Final = frozenset({"genres", "themes", "sound", "moods"})
SURE: Final = 0.5
"""Mean probability of the tagger that a linked name's words belong to a facet, from which on the name counts."""
FAINT: Final = 0.7
"""Probability of the tagger below which a name that the linker passes over is no name."""
OBVIOUS: Final = 0.985
"""Probability of the linker from which on a name counts though the tagger passes over it."""

_SUNG: Final = frozenset({"lyrics", "vocals", "singing", "voices"})
"""What instrumental music has not; the tagger overlooks some of them."""
_UNKNOWN: Final = 2.5
"""Zipf frequency of words that no list knows."""
_OPEN_ENDS: Final = (
    *((link, side) for link in ("or", "and") for side in ("later", "newer", "earlier", "older", "after", "before")),
    ("onward",),
    ("onwards",),
)
_EMPTY: Final = frozenset((
    "the", "a", "an", "of", "and", "or", "to", "for", "i", "me", "my", "you", "it", "this", "that", "these", "those",
    "some", "any", "so", "very", "really", "something", "anything", "stuff", "nothing", "none", "please", "music",
    "song", "songs", "track", "tracks",
))  # fmt: skip
_CONTRACTED: Final = re.compile(r"(?:i|you|we|he|she|they|it)['\u2019](?:d|ve|m|ll|re|s)\b", re.IGNORECASE)
_BY_DEGREES: Final = re.compile(
    r"\b(?:less|(?:with|w|w/|needs?|bit|little|lots?|way|much|slightly|but|and) more)\s+$", re.IGNORECASE
)
"""What stands before a quality that may have no name in any vocabulary; "more Radiohead" is no such thing."""
_ELSE: Final = re.compile(
    r"\b(?:who|what) else\b(?! (?:by|from|is (?:by|on)|did|does|do|has|have|sings?)\b)", re.IGNORECASE
)
"""Whoever names an artist and asks who else there is wants others ("what else is by her" does not)."""


def name(reading: Reading, sense: Sense, house: House, shown: Sequence[Track] = ()) -> Named:
    """Join what the linker and the tagger found in one message."""
    named = Named()
    taken: list[tuple[int, int]] = []
    items: list[tuple[int, Polarity, str, str]] = []
    own_negation = _negation_is_named(reading)
    for start, end in written_ranges(reading.text):
        first, stop = _words_within(reading, start, end)
        taken.append((first, stop))
        sure = certain_polarity(reading.text, reading.words, first) or wanted_or_not(sense.polarity(first, stop))
        items.append((start, sure, "eras", reading.text[start:end]))
    if shown and (aged := age_changed(reading.text)) is not None:
        taken.append(_words_within(reading, aged[0], aged[1]))
        items.append((aged[0], "want", "eras", aged[2]))
    for place, word in enumerate(reading.words):
        if word.key in _SUNG and certain_polarity(reading.text, reading.words, place) == "avoid":
            taken.append((place, place + 1))
            items.append((word.start, "avoid", "vocals", word.key))
    for mention in () if own_negation else refused_artists(reading, house):
        taken.append(_words_within(reading, mention.start, mention.end))
        items.append((mention.start, "avoid", "artists", mention.name))
        named.mentions.append(HeardMention(**dict(mention), polarity="avoid"))
    for mention in titled(reading, house):
        span = _words_within(reading, mention.start, mention.end)
        taken.append(span)
        # Whoever says a song and its singer and nothing before it compares with nothing.
        heard = "want" if span[0] == 0 else sense.polarity(*span)
        polarity: Polarity = certain_polarity(reading.text, reading.words, span[0]) or heard
        items.append((mention.start, polarity, "titles", mention.name))
        named.mentions.append(HeardMention(**dict(mention), polarity=polarity))
    for place in _moods_changed(reading, house, shown):
        taken.append((place, place + 1))
        polarity = certain_polarity(reading.text, reading.words, place) or "want"
        items.append((reading.words[place].start, polarity, "moods", _text(reading, place, place + 1)))
    for told in feelings_in(reading.text):
        first, stop = _words_within(reading, told.start, told.end)
        named_there = any(told.start <= mention.start < told.end and mention.exact for mention in reading.mentions)
        if not named_there and not any(begin < stop and first < end for begin, end in taken):
            taken.append((first, stop))
            items.append((told.start, "want", "moods", told.mood))
    for mention in whole_names(reading):
        linked = _span(reading, mention)
        if linked is None:
            polarity = "want"
        else:
            span = linked
            if any(begin < span[1] and span[0] < end for begin, end in taken) or not (
                _counts(mention, span, sense) or (mention.kind == "artist" and _is_behind_by(reading, span[0]))
            ):
                continue
            polarity = certain_polarity(reading.text, reading.words, span[0]) or sense.polarity(*span)
            if polarity == "like" and mention.kind == "artist" and credited(reading.words, span[0], taken):
                polarity = "want"
            if polarity == "avoid" and own_negation:
                polarity = "want"
            taken.append(span)
        items.append((mention.start, polarity, SINGULAR[mention.kind], mention.name))
        named.mentions.append(HeardMention(**dict(mention), polarity=polarity))
    for first, stop, kind, value, meant in foreign_words(reading.text, reading.words):
        if any(begin < stop and first < end for begin, end in taken):
            continue
        taken.append((first, stop))
        if kind is not None:
            polarity = certain_polarity(reading.text, reading.words, first) or meant
            items.append((reading.words[first].start, polarity, kind, value))
    for first, stop, kind, value in labels_in(reading.text, reading.words, house):
        if any(begin < stop and first < end for begin, end in taken):
            continue
        taken.append((first, stop))
        polarity = certain_polarity(reading.text, reading.words, first) or wanted_or_not(sense.polarity(first, stop))
        items.append((reading.words[first].start, polarity, kind, value))
    for stretch in sense.stretches:
        for first, stop in _rest(stretch, taken):
            first = _behind_verb(reading, first, stop)
            text = _text(reading, first, stop)
            if stretch.kind in PLURAL and stretch.score < FAINT:
                continue
            if sum(character.isalnum() for character in text) < 2 and not _is_known(text, house):
                continue
            if all(word.key in _EMPTY for word in reading.words[first:stop]) or _spoken(text):
                continue
            misspelt = _misspelt(stretch, text, reading, first, house)
            if misspelt is not None:
                items.append((misspelt.start, misspelt.polarity, "artists", misspelt.name))
                named.mentions.append(misspelt)
                continue
            stretch = _corrected(stretch, text, reading, first, house)
            if stretch.kind in PLURAL:
                kind, value = _in_sight(text, shown) or resolve(stretch, text, house, named, reading, first, stop)
                items.append((reading.words[first].start, stretch.polarity, kind, value))
                continue
            for kind, begin, end in _parted(stretch, reading, first, stop):
                items.append((reading.words[begin].start, stretch.polarity, kind, _text(reading, begin, end)))
    # Only where the tagger saw nothing: what it takes for a sound or a theme may be one here.
    seen = [(stretch.first, stretch.stop) for stretch in sense.stretches if stretch.score >= FAINT]
    for mood in moods_in(reading.text, reading.words, house):
        if not any(low < mood.stop and mood.first < high for low, high in (*taken, *seen)):
            polarity = certain_polarity(reading.text, reading.words, mood.first) or "want"
            items.append((reading.words[mood.first].start, polarity, "moods", mood.value))
    for _, polarity, kind, value in sorted(items, key=lambda item: item[0]):
        named.add(polarity, kind, value)
    if _ELSE.search(reading.text):
        named.compare()
    return named


def _moods_changed(reading: Reading, house: House, shown: Sequence[Track]) -> list[int]:
    """Return the words that ask for another mood than that of the tracks in sight: "happier", "calmer but sadder".

    Songs are called so, too; who has tracks before them and says nothing but that means the mood.
    """
    if not shown or not changes(reading.text):
        return []
    return [
        place
        for place, word in enumerate(reading.words)
        if is_comparative(word.key)
        and any(house.label("moods", form) or "moods" in facets_of(form) for form in plain_forms(word.key))
    ]


def _behind_verb(reading: Reading, first: int, stop: int) -> int:
    """Return where a facet begins if the tagger took "hate country" for one."""
    while first < stop - 1 and reading.words[first].key in LIKING | HATING:
        first += 1
    return first


def _corrected(stretch: Stretch, text: str, reading: Reading, first: int, house: House) -> Stretch:
    """Return a stretch with what is certain against the tagger: its polarity, or that it is an artist here."""
    polarity = certain_polarity(reading.text, reading.words, first)
    if polarity is not None:
        stretch = replace(stretch, polarity=polarity)
    if stretch.kind in PLURAL and "genres" in facets_of(text) and house.label("genres", text) is not None:
        stretch = stretch if _is_known(text, house) else replace(stretch, kind="genres")
    if stretch.kind in PLURAL and is_comparative(text) and not _is_known(text, house):
        stretch = replace(stretch, kind="sound", polarity="want" if stretch.polarity == "like" else stretch.polarity)
    if stretch.kind in PLURAL and _is_degree(reading, first, text) and not _is_known(text, house):
        stretch = replace(stretch, kind="sound", polarity="want" if stretch.polarity == "like" else stretch.polarity)
    if stretch.kind == "genres" and house.label("genres", text) is None and fold(text) in house.labels["moods"]:
        stretch = replace(stretch, kind="moods")
    if stretch.kind in ("moods", "sound") and house.is_genre_alone(text):
        stretch = replace(stretch, kind="genres")
    if (
        stretch.kind in _DESCRIBING
        and not facets_of(text)
        and (house.positions("artist", text) or _is_behind_by(reading, first))
    ):
        stretch = replace(stretch, kind="artists")
    return stretch


def _is_degree(reading: Reading, first: int, text: str) -> bool:
    """Tell whether the words from `first` on are said to be more or less: "with more oomph", "a bit less shouting"."""
    return text == text.lower() and _BY_DEGREES.search(reading.text[: reading.words[first].start]) is not None


def _is_behind_by(reading: Reading, first: int) -> bool:
    """Tell whether the words from `first` on are whom music is by: a name, whatever a tagger takes it for."""
    return first > 0 and reading.words[first - 1].key == "by"


def _misspelt(stretch: Stretch, text: str, reading: Reading, first: int, house: House) -> HeardMention | None:
    """Return the artist that a word means which nobody knows and which the tagger took for a quality: "beatels"."""
    said = keys(text)
    if stretch.kind not in _DESCRIBING or facets_of(text) or any(zipf(key) > _UNKNOWN for key in said):
        return None
    if house.label("genres", text) is not None or house.label("moods", text) is not None:
        return None
    # Where a name goes: alone, a word that nobody knows may be anything.
    found = [each for each in house.linker.link(f"play {text}") if each.kind == "artist" and each.text == text]
    if not found:
        return None
    start = reading.words[first].start
    doubtful = stretch.polarity == "avoid" and not any(word.key in NEGATION for word in reading.words)
    polarity: Polarity = "like" if doubtful else stretch.polarity
    mention = found[0].model_copy(update={"start": start, "end": start + len(text)})
    return HeardMention(**dict(mention), polarity=polarity)


def _is_known(text: str, house: House) -> bool:
    return any(house.positions(kind, text) for kind in SINGULAR)


def _spoken(text: str) -> bool:
    """Tell whether words are a piece of a sentence and no name: "I'd never"; names begin their words with capitals."""
    start = _CONTRACTED.match(text)
    rest = text[start.end() :] if start else ""
    return start is not None and rest == rest.lower() and all(zipf(key) > 5 for key in keys(rest))


def _in_sight(text: str, shown: Sequence[Track]) -> tuple[str, str] | None:
    """Return the kind and full name of the artist or title in sight of which `text` says a part ("the Cash song")."""
    said = set(keys(text))
    for track in shown:
        for artist in track.artists:
            if said <= set(keys(artist.name)):
                return "artists", artist.name
    for track in shown:
        if said <= set(keys(track.title)):
            return "titles", split_title(track.title).base
    return None


def _parted(stretch: Stretch, reading: Reading, first: int, stop: int) -> list[tuple[str, int, int]]:
    """Part the years from what they belong to ("90s rock" is an era and a genre): kind and words of each part."""
    if stretch.kind == "eras":
        return [(stretch.kind, first, _open_end(reading, stop))]
    years = [place for place in range(first, stop) if decade(reading.words[place].key) is not None]
    if not years or years != list(range(years[0], years[-1] + 1)):
        return [(stretch.kind, first, stop)]
    begin = years[0] - (years[0] > first and reading.words[years[0] - 1].key in ("early", "mid", "late"))
    parts = [(stretch.kind, first, begin), ("eras", begin, years[-1] + 1), (stretch.kind, years[-1] + 1, stop)]
    return [part for part in parts if part[1] < part[2]]


def _open_end(reading: Reading, stop: int) -> int:
    """Return where an era ends, with an "or later" behind it: a refinement reads the era alone, not the message."""
    behind = tuple(word.key for word in reading.words[stop : stop + 2])
    return stop + next((len(words) for words in _OPEN_ENDS if behind[: len(words)] == words), 0)


def _negation_is_named(reading: Reading) -> bool:
    """Tell whether all words of negation belong to names: "Don't Stop Believin'" refuses nothing."""
    spans = [(mention.start, mention.end) for mention in reading.mentions]
    denying = [word for word in reading.words if word.key in NEGATION]
    return bool(denying) and all(any(start <= word.start < end for start, end in spans) for word in denying)


def _counts(mention: Mention, span: tuple[int, int], sense: Sense) -> bool:
    inside = float(sense.inside[span[0] : span[1]].mean())
    as_name = float(sense.kinds[span[0] : span[1]].mean(axis=0)[[FACET_KINDS.index(kind) for kind in PLURAL]].sum())
    return mention.score >= OBVIOUS or (inside >= SURE and as_name >= 0.5)


def _span(reading: Reading, mention: Mention) -> tuple[int, int] | None:
    inside = [place for place, word in enumerate(reading.words) if mention.start <= word.start < mention.end]
    return (inside[0], inside[-1] + 1) if inside else None


def _words_within(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """Return the first word, and the one past the last, that begin between two places of the text."""
    inside = [place for place, word in enumerate(reading.words) if start <= word.start < end]
    return inside[0], inside[-1] + 1


def _rest(stretch: Stretch, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretch if no linked name touches it; a name's leftovers are no facet, save for other kinds' words."""
    touching = [span for span in taken if span[0] < stretch.stop and stretch.first < span[1]]
    if not touching:
        return [(stretch.first, stretch.stop)]
    if stretch.kind in PLURAL:
        return []
    free = [
        place
        for place in range(stretch.first, stretch.stop)
        if not any(first <= place < stop for first, stop in touching)
    ]
    return [(free[0], free[-1] + 1)] if free and free == list(range(free[0], free[-1] + 1)) else []


def _text(reading: Reading, first: int, stop: int) -> str:
    return reading.text[reading.words[first].start : reading.words[stop - 1].end]
