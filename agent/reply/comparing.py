"""Answers that take several tracks in sight together: which is the oldest, which of them are motown.

Every sentence rests on a field of the catalog; where the catalog leaves it open, that is what is said.
"""

from collections.abc import Callable, Sequence
from typing import Final

from segue.agent.reply.answers import about
from segue.agent.reply.wording import listing, named
from segue.agent.wish import Asked, Extreme
from segue.generator.names import fold
from segue.generator.track import Track
from segue.memory.plain import plain

_FIELDS: Final[dict[Asked, Callable[[Track], float | None]]] = {
    "year": lambda track: track.year, "length": lambda track: track.duration
}  # fmt: skip
_WORDS: Final[dict[tuple[Asked, Extreme], str]] = {
    ("year", "least"): "oldest", ("year", "most"): "newest",
    ("length", "least"): "shortest", ("length", "most"): "longest",
}  # fmt: skip
_FIELD_NAMES: Final[dict[Asked, str]] = {"year": "when these came out", "length": "how long these are"}


def extreme(tracks: Sequence[Track], asked: Asked, which: Extreme) -> tuple[list[str], list[Track]]:
    """Return the sentences that say which of `tracks` has the least or most of what is asked, and those tracks."""
    field, word = _FIELDS[asked], _WORDS[asked, which]
    known = [(value, track) for track in tracks if (value := field(track)) is not None]
    if not known:
        return [f"The catalog does not say {_FIELD_NAMES[asked]}."], []
    goal = (min if which == "least" else max)(value for value, _ in known)
    found = [track for value, track in known if value == goal]
    among = "" if len(known) == len(tracks) else f" of the {len(known)} that the catalog has this of"
    verb = "is" if len(found) == 1 else "are"
    said = f"{listing([named(track) for track in found])} {verb} the {word}{among}."
    return [said, *about(found[0], asked)], found


def labelled(tracks: Sequence[Track], labels: Sequence[str]) -> tuple[list[str], list[Track]]:
    """Return the sentences that say which of `tracks` the catalog labels so, and those tracks."""
    found = [track for track in tracks if all(_bears(track, label) for label in labels)]
    asked = listing([plain(label) for label in labels])
    if found:
        return [f"Yes: the catalog has {listing([named(track) for track in found])} as {asked}."], found
    if len(tracks) == 1:
        return [f"The catalog does not label {named(tracks[0])} as {asked}.", *about(tracks[0], "genre")], [*tracks]
    return [f"The catalog labels none of these as {asked}."], []


def _bears(track: Track, label: str) -> bool:
    wanted = f" {fold(label)} "
    said = [*track.genres, *track.moods, *track.themes, *track.instruments, *track.tags, *track.activities]
    said += [text for text in (track.vocals, track.language) if text]
    return any(wanted in f" {fold(text)} " for text in said)
