"""The text of a track's textual modalities (3MToken, section 2.1): AC, BM, ST, SF, AB.

Renders what is known and nothing else; None says that the modality is not known. Playlist names never enter a text:
they describe a playlist, not its tracks, and would leak what consumption is measured by.
"""

from collections.abc import Callable, Iterable
from typing import Final

from segue.generator.modality import Modality
from segue.generator.names import split_title
from segue.generator.track import Artist, Track


def _join(parts: Iterable[str | None]) -> str | None:
    return ". ".join(part for part in parts if part) or None


def _listed(label: str, values: Iterable[str | None]) -> str | None:
    text = ", ".join(value for value in values if value)
    return f"{label}: {text}" if text else None


def _credits(track: Track) -> str | None:
    roles: dict[str, list[str]] = {}
    for credit in track.credits:
        roles.setdefault(credit.role or "with", []).append(credit.name)
    return _join(
        (
            track.artist,
            _listed("featuring", split_title(track.title).featured),
            *(_listed(role, names) for role, names in roles.items()),
            _listed("associated with", (name for artist in track.artists for name in artist.associated)),
        )
    )


def _basics(track: Track) -> str:
    on_album = f" ({track.album})" if track.album and track.album != track.title else ""
    return f"{track.title} by {track.artist}{on_album}"


def _tags(track: Track) -> str | None:
    return _join(
        (
            ", ".join(track.genres),
            ", ".join((*track.moods, *track.themes)),
            ", ".join((*track.tags, *track.activities)),
            _listed("instruments", track.instruments),
            f"{track.vocals} vocals" if track.vocals and track.vocals != "instrumental" else track.vocals,
        )
    )


def _facts(track: Track) -> str | None:
    return " ".join(track.facts) or None


def biography(artist: Artist) -> str | None:
    """Return what is known of an artist apart from the name, or None."""
    years = (
        f"active {artist.active_from or '?'} to {artist.active_to or 'today'}"
        if artist.active_from or artist.active_to
        else None
    )
    return _join(
        (
            ", ".join(part for part in (artist.gender, artist.kind) if part),
            _listed("from", (artist.origin,)),
            years,
            ", ".join(artist.genres),
            ", ".join(artist.moods),
            artist.about,
        )
    )


def _biographies(track: Track) -> str | None:
    known = [(artist.name, text) for artist in track.artists if (text := biography(artist))]
    return " ".join(f"{name}: {text}" for name, text in known) or None


_RENDERERS: Final[dict[Modality, Callable[[Track], str | None]]] = {
    Modality.AC: _credits,
    Modality.BM: _basics,
    Modality.ST: _tags,
    Modality.SF: _facts,
    Modality.AB: _biographies,
}


def render(track: Track, modality: Modality) -> str | None:
    """Return the text of `modality`, or None where the track does not have it.

    Raises KeyError for the modalities that are no text (SC, MC, RI, TC).
    """
    return _RENDERERS[modality](track)
