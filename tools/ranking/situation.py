"""The situation to recommend in: what a listener and the agent have said, and what became of the tracks so far.

Tracks are catalog positions, so that a situation belongs to one opened catalog. Knows no sources and no ranker.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PastTurn:
    """A turn that is over."""

    message: str
    reply: str
    liked: tuple[int, ...] = ()
    """Catalog positions."""
    disliked: tuple[int, ...] = ()
    shown: tuple[int, ...] = ()
    """All that the reply offered, rated or not."""


@dataclass(frozen=True)
class Situation:
    """What is known when the listener has spoken and nothing is answered yet; all that a ranker may see."""

    message: str
    past: tuple[PastTurn, ...] = ()
    """The oldest first."""
    like: tuple[int, ...] = ()
    """Positions of tracks that the message wants more like; they count as liked, and are not what is wanted."""

    @property
    def liked(self) -> tuple[int, ...]:
        """Positions of the tracks liked so far, the oldest first, and of those that the message compares with."""
        return (*(position for turn in self.past for position in turn.liked), *self.like)

    @property
    def disliked(self) -> tuple[int, ...]:
        """Positions of the tracks disliked so far, the oldest first."""
        return tuple(position for turn in self.past for position in turn.disliked)

    @property
    def rated(self) -> frozenset[int]:
        """Positions of all tracks rated so far; they are not recommended again."""
        return frozenset((*self.liked, *self.disliked))
