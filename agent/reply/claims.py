"""What may be said of a track: its fields, as the words that a sentence would use. Knows tracks, not sentences."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from segue.generator.names import fold, split_title
from segue.generator.track import Track
from segue.tools.search.words import keys

_VOICES: Final = {
    "female": "female woman women singer sung vocals voice voices",
    "male": "male man men singer sung vocals voice voices",
    "mixed": "mixed male female duet sung vocals voice voices",
    "group": "group sung vocals voice voices harmony",
    "choir": "choir choral sung vocals voice voices",
    "instrumental": "instrumental instrumentals",
}
_TEMPOS: Final = {"slow": "slow tempo", "mid": "mid medium tempo", "fast": "fast tempo"}
_DECADES: Final = {
    20: "twenties", 30: "thirties", 40: "forties", 50: "fifties", 60: "sixties", 70: "seventies", 80: "eighties",
    90: "nineties",
}  # fmt: skip


def labels_of(track: Track) -> dict[str, tuple[str, ...]]:
    """Return the fields of a track that are short labels, by the name of the field."""
    return {
        "genres": track.genres,
        "moods": track.moods,
        "themes": track.themes,
        "activities": track.activities,
        "instruments": track.instruments,
        "vocals": (track.vocals,) if track.vocals else (),
        "languages": (track.language,) if track.language else (),
        "countries": tuple(dict.fromkeys(artist.origin for artist in track.artists if artist.origin)),
    }


def decade_words(year: int) -> frozenset[str]:
    """Return how the decade of a year is written: 1990s, 90s, nineties."""
    decade = year // 10 * 10
    words = {f"{decade}s"}
    if 1920 <= decade < 2000:
        words |= {f"{decade % 100}s", _DECADES[decade % 100]}
    return frozenset(words)


def names_of(track: Track) -> Iterable[str]:
    """Yield the names that stand for a track or for what it belongs to: title, artists, album."""
    yield track.title
    base = split_title(track.title).base
    if base != track.title:
        yield base
    yield track.artist
    yield from (artist.name for artist in track.artists)
    if track.album:
        yield track.album


@lru_cache(maxsize=4096)
def words_of(track: Track) -> frozenset[str]:
    """Return every folded word that a field of the track bears out."""
    texts = [*names_of(track), *track.tags, *track.facts]
    for values in labels_of(track).values():
        texts += values
    texts += [credit.name for credit in track.credits] + [credit.role for credit in track.credits if credit.role]
    for artist in track.artists:
        texts += [*artist.genres, *artist.moods, *artist.associated]
        texts += [text for text in (artist.about, artist.kind, artist.gender) if text]
        texts += [str(year) for year in (artist.active_from, artist.active_to) if year]
    texts += [text for text in (track.version, track.key) if text]
    texts.append(_VOICES.get(fold(track.vocals or ""), ""))
    texts.append(_TEMPOS.get(track.tempo_class or "", ""))
    if track.tempo is not None:
        texts.append(f"{round(track.tempo)} bpm tempo")
    if track.duration is not None:
        minutes, seconds = divmod(round(track.duration), 60)
        texts.append(f"lasts {minutes}:{seconds:02} minutes")
    found = {word for text in texts for word in keys(text)}
    if track.year is not None:
        found |= {str(track.year), *decade_words(track.year)}
    return frozenset(found)
