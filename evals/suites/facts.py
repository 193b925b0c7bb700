"""Whether a track has a trait, by the catalog alone: the judge's own reading, apart from the agent's filters."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from segue.evals.suites.schema import Traits
from segue.evals.suites.years import Years
from segue.generator.names import artist_key, fold, split_title
from segue.generator.track import Track

PLAIN: Final = "plain"
"""The version of a recording that bears no label."""
Trait = tuple[str, str | Years]
"""A field of `Traits` and one of its values."""


def traits(wanted: Traits) -> list[Trait]:
    """Return every (field, value) of an expectation, in the order of the schema."""
    return [(field, value) for field in Traits.model_fields for value in getattr(wanted, field)]


def fields(wanted: Traits) -> dict[str, list[Trait]]:
    """Return the traits by field."""
    found: dict[str, list[Trait]] = {}
    for field, value in traits(wanted):
        found.setdefault(field, []).append((field, value))
    return found


def has(track: Track, trait: Trait) -> bool:
    """Tell whether a track has a trait; what is not known of a track, it has not."""
    field, value = trait
    if isinstance(value, Years):
        return track.year in value
    return _READERS[field](track, value)


def meets(track: Track, wanted: Traits) -> bool:
    """Tell whether a track meets every field of an expectation by any of its values."""
    return all(any(has(track, trait) for trait in values) for values in fields(wanted).values())


def spelt(trait: Trait) -> str:
    """Return a trait as a sentence names it: "genres: country"."""
    return f"{trait[0]}: {trait[1]}"


def contains_words(label: str, words: str) -> bool:
    """Tell whether a label contains some words in order, folded: "indie rock" contains "rock" and not "roc"."""
    return f" {_folded(words)} " in f" {_folded(label)} "


@lru_cache(maxsize=50_000)
def _folded(text: str) -> str:
    return fold(text)


def _any_words(labels: Iterable[str], value: str) -> bool:
    return any(contains_words(label, value) for label in labels)


def _title(track: Track, value: str) -> bool:
    return fold(value) in (fold(track.title), fold(split_title(track.title).base))


_READERS: Final[dict[str, Callable[[Track, str], bool]]] = {
    "artists": lambda track, value: artist_key(value) in {artist_key(artist.name) for artist in track.artists},
    "titles": _title,
    "albums": lambda track, value: track.album is not None and fold(track.album) == fold(value),
    "ids": lambda track, value: track.id == value,
    "genres": lambda track, value: _any_words(track.genres, value),
    "moods": lambda track, value: _any_words(track.moods, value),
    "themes": lambda track, value: _any_words(track.themes, value),
    "instruments": lambda track, value: _any_words(track.instruments, value),
    "languages": lambda track, value: _any_words([track.language or ""], value),
    "vocals": lambda track, value: track.vocals is not None and fold(track.vocals) == fold(value),
    "versions": lambda track, value: fold(track.version or PLAIN) == fold(value),
}
