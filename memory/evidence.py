"""How much an event says about a leaning, and how fast that fades.

The numbers are chosen by hand so that they read sensibly: one liked track makes its artist a mild leaning (.4) and its
genres a slight one (.2); four make them clear; one statement outweighs what was inferred. They are not fitted. Which
kinds there are is `events.py`, and which events count is `profile.py`.

Dislikes are not likes with a minus. All that a song is had to please for it to be liked, but one thing about it is
enough to spoil it: a single dislike says of its artist that they may be to blame, and of its genre next to nothing.
What several disliked tracks share is to blame all the same (`blame`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

STATED_HALF_LIFE: Final = timedelta(days=730)
"""After this time a leaning put into words counts half."""
FEEDBACK_HALF_LIFE: Final = timedelta(days=180)
"""After this time a liked or disliked track counts half."""
PASSING_HALF_LIFE: Final = timedelta(days=45)
"""After this time a played or skipped track counts half."""

HALF_LIVES: Final[Mapping[str, timedelta]] = {
    "stated": STATED_HALF_LIFE,
    "liked": FEEDBACK_HALF_LIFE,
    "disliked": FEEDBACK_HALF_LIFE,
    "played": PASSING_HALF_LIFE,
    "skipped": PASSING_HALF_LIFE,
}
SIGNS: Final[Mapping[str, float]] = {"liked": 1.0, "disliked": -1.0, "skipped": -0.3, "played": 0.1}
"""What an event says about the track itself. That something was played says little: it may just have come along."""
SHARES: Final[Mapping[str, float]] = {
    "artist": 0.45, "genre": 0.22, "mood": 0.18, "theme": 0.15, "sound": 0.15, "era": 0.12, "vocals": 0.12,
    "album": 0.2, "activity": 0.12, "tempo": 0.1, "instrument": 0.08, "language": 0.08, "version": 0.08,
    "country": 0.05,
}  # fmt: skip
"""How much of it carries over to what the track is. Shared by many tracks means little said by one."""
WEIGHTS: Final[Mapping[str, float]] = {
    "artist": 1.0, "work": 1.0, "genre": 0.8, "mood": 0.6, "theme": 0.5, "sound": 0.5, "era": 0.4, "vocals": 0.4,
    "album": 0.6, "activity": 0.4, "tempo": 0.4, "instrument": 0.3, "language": 0.4, "version": 0.4, "country": 0.2,
}  # fmt: skip
"""How much a leaning moves the score of a track that has what it is about."""


OWN: Final = frozenset({"artist", "album", "work"})
"""What a single dislike is blamed on in full: these are few tracks' own, and no kind of music."""
_DOUBT: Final = 3.0
"""Disliked tracks at which half of their shares counts against what they have in common."""


def blame(shares: float, tracks: float) -> float:
    """Return how much of the summed `shares` of disliked tracks counts against what they share, from 0 to `shares`.

    `tracks` counts them, each faded by its age: one is blamed for a quarter, four for 4/7. Raises nothing.
    """
    return shares * tracks / (tracks + _DOUBT)


def decay(kind: str, time: datetime, now: datetime) -> float:
    """Return what is left of an event: 1 when new, 1/2 after a half-life. The future counts as now (clocks differ)."""
    age = (now - time).total_seconds()
    return 1.0 if age <= 0 else float(2.0 ** (-age / HALF_LIVES[kind].total_seconds()))
