"""Why a track is in an answer: one phrase, from the wish that it meets or the modality that matched, and from a field.

Every phrase repeats a value of the track itself; where the catalog knows nothing more of a track than its name, the
phrase says which modality matched and no more. Knows a track and a wish; not how the track was found.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from segue.agent.reply.claims import labels_of
from segue.agent.reply.wording import listing, quoted
from segue.agent.wish import Wish
from segue.generator.modality import Modality
from segue.generator.names import artist_key, fold, split_title
from segue.generator.track import Track
from segue.tools.search.words import keys

_WANTED: Final = ("vocals", "moods", "activities", "themes", "instruments", "languages", "countries", "genres")
"""The rarer wish comes first: that a rock song is rock needs less telling than that a woman sings it."""
_VOCALS: Final = {
    "female": "a woman sings", "male": "a man sings", "mixed": "male and female voices", "group": "sung by a group",
    "choir": "sung by a choir", "instrumental": "instrumental",
}  # fmt: skip
_PHRASES: Final[dict[str, tuple[str, ...]]] = {
    "genres": ("{}",),
    "moods": ("{}", "a {} mood"),
    "activities": ("good for {}", "made for {}"),
    "themes": ("about {}", "its theme: {}"),
    "instruments": ("with {}", "you hear {}"),
    "vocals": ("{}",),
    "languages": ("sung in {}", "in {}"),
    "countries": ("from {}",),
}
_AN: Final = re.compile(r"^a(?= [aeiou])")
_MATCHED: Final[dict[Modality, str]] = {
    Modality.AC: "artists and credits",
    Modality.BM: "title and artist",
    Modality.ST: "genre and mood",
    Modality.SC: "sound",
    Modality.MC: "tempo and key",
    Modality.RI: "release date",
    Modality.SF: "song facts",
    Modality.AB: "artist biography",
    Modality.TC: "playlists that share it",
}


def reason(
    track: Track, wish: Wish, modalities: Mapping[str, float], random: Random, liked: Sequence[Track] = ()
) -> str:
    """Return why `track` answers `wish`; `modalities` are shares of the match, `liked` tracks to compare with."""
    named = _named(track, wish)
    if named:
        return named
    met = _met(track, wish, random)
    if met:
        return ", ".join([*met[:2], *_besides(track, met, random)])
    shared = _shared(track, liked)
    if shared:
        return shared
    return _matched(track, modalities)


def _named(track: Track, wish: Wish) -> str | None:
    titles = {fold(title) for title in wish.want.titles}
    if fold(track.title) in titles or fold(split_title(track.title).base) in titles:
        return "you named it"
    wanted = {artist_key(name) for name in wish.want.artists}
    for artist in track.artists:
        if artist_key(artist.name) in wanted:
            return f"by {artist.name}, whom you named"
    if track.album and fold(track.album) in {fold(album) for album in wish.want.albums}:
        return f"from the album {quoted(track.album)}"
    return None


def _met(track: Track, wish: Wish, random: Random) -> list[str]:
    """Return phrases for the wanted labels that the track bears, and for its year where years were asked for."""
    labels = labels_of(track)
    phrases: list[str] = []
    for field in _WANTED:
        wanted = [keys(value) for value in (*getattr(wish.want, field), *getattr(wish.filters, field, ()))]
        borne = [value for value in labels[field] if any(_within(want, keys(value)) for want in wanted)]
        if borne:
            value = _VOCALS.get(fold(borne[0]), borne[0]) if field == "vocals" else borne[0]
            phrase = random.choice(_PHRASES[field]).format(value)
            phrases.append(_AN.sub("an", phrase))
    asked_for_years = wish.filters.year_from is not None or wish.filters.year_to is not None or bool(wish.want.eras)
    if asked_for_years and track.year is not None:
        phrases.append(f"from {track.year}")
    return phrases


def _besides(track: Track, met: Sequence[str], random: Random) -> list[str]:
    """Return what else is to be heard, so that tracks that meet the same wish are not all told alike."""
    labels = labels_of(track)
    others = [*(f"{mood} in mood" for mood in labels["moods"][:2]), *(f"with {it}" for it in labels["instruments"][:2])]
    others = [other for other in others if not any(_within(keys(other.split()[0]), keys(told)) for told in met)]
    return [random.choice(others)] if others else []


def _shared(track: Track, liked: Sequence[Track]) -> str | None:
    """Return what the track shares with one that it is compared with."""
    ours = labels_of(track)
    for other in liked:
        theirs = labels_of(other)
        for field in ("genres", "moods", "themes", "instruments"):
            folded = {fold(value) for value in theirs[field]}
            both = [value for value in ours[field] if fold(value) in folded]
            if both:
                return f"{listing(both[:2])}, like {quoted(split_title(other.title).base or other.title)}"
    return None


def _matched(track: Track, modalities: Mapping[str, float]) -> str:
    labels = labels_of(track)
    evidence = listing([*labels["genres"][:1], *labels["moods"][:1]])
    if modalities:
        best = Modality(max(modalities, key=lambda letters: modalities[letters]))
        if best is Modality.ST and evidence:
            return evidence
        if best is Modality.RI and track.year is not None:
            return f"from {track.year}"
        matched = f"its {_MATCHED[best]}" if best is not Modality.TC else _MATCHED[best]
        return f"matched by {matched}" + (f": {evidence}" if evidence and best is Modality.SC else "")
    return evidence or "its words match"


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    width = len(part)
    return bool(part) and any(whole[at : at + width] == part for at in range(len(whole) - width + 1))
