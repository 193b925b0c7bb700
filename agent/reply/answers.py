"""Answers to questions about a track, each from one field; what the catalog does not say is not said."""

from collections.abc import Callable
from typing import Final

from segue.agent.reply.wording import listing, named, quoted
from segue.agent.wish import Asked
from segue.generator.names import split_title
from segue.generator.track import Track


def about(track: Track, asked: Asked, reason: str | None = None) -> list[str]:
    """Return the sentences that answer what is asked about `track`; `reason` is why it was offered, if it was."""
    if asked == "why":
        if reason is None:
            return [f"{named(track)} was not among the tracks I offered last."]
        return [f"{named(track)} is there for this: {reason}."]
    answer = _ANSWERS.get(asked, _about)(track)
    return answer or [f"The catalog leaves that open for {named(track)}."]


def _title(track: Track) -> str:
    return quoted(split_title(track.title).base or track.title)


def _year(track: Track) -> list[str]:
    return [f"{_title(track)} came out in {track.year}."] if track.year is not None else []


def _artist(track: Track) -> list[str]:
    told = [f"{_title(track)} is by {track.artist}."]
    return told + [artist.about for artist in track.artists[:1] if artist.about]


def _album(track: Track) -> list[str]:
    return [f"{_title(track)} is on {quoted(track.album)}."] if track.album else []


def _genre(track: Track) -> list[str]:
    labels = [*track.genres[:3], *track.moods[:2]]
    return [f"{_title(track)}: {listing(labels)}."] if labels else []


def _language(track: Track) -> list[str]:
    if track.vocals == "instrumental" or track.language == "instrumental":
        return [f"{_title(track)} is instrumental."]
    return [f"{_title(track)} is sung in {track.language}."] if track.language else []


def _length(track: Track) -> list[str]:
    if track.duration is None:
        return []
    minutes, seconds = divmod(round(track.duration), 60)
    return [f"{_title(track)} lasts {minutes}:{seconds:02}."]


def _about(track: Track) -> list[str]:
    told = [*_genre(track), *_year(track)]
    return [*track.facts[:2], *told[: 2 - min(len(track.facts), 1)]]


_ANSWERS: Final[dict[str, Callable[[Track], list[str]]]] = {
    "year": _year, "artist": _artist, "album": _album, "genre": _genre, "language": _language, "length": _length,
}  # fmt: skip
