"""The list that a listener puts together in a thread: what its commands change, and the sentence that says so.

The agent keeps a list and hands it out; playing it is a player's business, and it says so where it is asked to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from segue.agent.reply.wording import count, listing, named
from segue.agent.wish import Command
from segue.generator.track import Track

LONGEST: Final = 200
"""Tracks in a list."""
_TOLD: Final = 20
"""Tracks of a list that are told by name."""
_PLAYER: Final = frozenset({"play", "stop", "shuffle", "repeat", "sort", "rename"})


@dataclass(frozen=True)
class Changed:
    """What became of a list."""

    ids: list[str]
    said: str
    unmet: str | None = None
    """Why the command could not be carried out."""


def change(
    ids: Sequence[str],
    command: Command,
    tracks: Sequence[Track],
    shown: Sequence[Track],
    listed: Sequence[Track] = (),
) -> Changed:
    """Return the list after a command about `tracks`; `shown` are those in sight, `listed` those on the list."""
    kept = list(ids)
    about = list(shown) if command.everything and not tracks else list(tracks)
    if command.name == "add":
        return _add(kept, about)
    if command.name in ("remove", "skip"):
        return _remove(kept, about, command)
    if command.name == "clear":
        return Changed([], "Your list is empty now.")
    if command.name == "save":
        saved = kept or [track.id for track in shown]
        return Changed(saved, f"Your list has {count(len(saved))}; /save FILE.m3u writes it to a file.")
    if command.name == "show_list":
        return Changed(kept, _told(listed))
    if command.name == "other":
        why = "I did not catch what to do with your list"
        return Changed(kept, f"{why}.", why)
    why = "I choose music and keep a list; playing it is up to your player"
    return Changed(kept, f"{why}.", f"{command.name}: {why}" if command.name in _PLAYER else None)


def _told(listed: Sequence[Track]) -> str:
    if not listed:
        return "Your list is empty; “add the first one” puts a track on it."
    more = f", and {count(len(listed) - _TOLD, 'more track')}" if len(listed) > _TOLD else ""
    names = [named(track) for track in listed[:_TOLD]]
    return f"Your list has {count(len(listed))}: {', '.join(names) if more else listing(names)}{more}."


def _add(kept: list[str], tracks: list[Track]) -> Changed:
    new = [track for track in tracks if track.id not in kept][: max(0, LONGEST - len(kept))]
    if not tracks:
        return Changed(kept, "Which one shall I add? Say its number.")
    if not new:
        return Changed(
            kept, "That is on your list already." if len(kept) < LONGEST else f"A list has {LONGEST} at most."
        )
    names = listing([named(track) for track in new[:3]]) if len(new) <= 3 else count(len(new))
    ids = [*kept, *(track.id for track in new)]
    return Changed(ids, f"Added {names}. Your list has {count(len(ids))}.")


def _remove(kept: list[str], tracks: list[Track], command: Command) -> Changed:
    if command.everything and not tracks:
        return Changed([], "Your list is empty now.")
    if not tracks:
        return Changed(kept, "Which one? Say its number.")
    gone = {track.id for track in tracks}
    names = listing([named(track) for track in tracks[:3]])
    return Changed([track_id for track_id in kept if track_id not in gone], f"{names} is out.")
