"""What a simulated listener is after: the traits of a hidden track, without a word that names it.

The track itself stays with the referee (`session.py`); a listener is given a `Goal` and nothing else.
"""

from collections.abc import Callable, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from segue.evals.simulator.leak import LeakGuard
from segue.evals.suites.facts import has
from segue.evals.suites.years import Years
from segue.generator.track import Track

KINDS: Final = ("genres", "years", "vocals", "moods", "languages", "instruments", "themes")
"""Kinds of traits that a listener can want, in the order in which people bring them up."""
_MOST: Final = 2
"""Values of one kind."""


class Trait(BaseModel):
    """One thing that a listener wants, or wants none of."""

    model_config = ConfigDict(frozen=True)

    kind: str
    """A field of `segue.evals.suites.schema.Traits`."""
    value: str
    """As a listener would say it; years as "1990-1999"."""

    def of(self, track: Track) -> bool:
        """Tell whether a track has it, by the catalog."""
        if self.kind == "years":
            first, last = self.value.split("-")
            return has(track, ("years", Years(int(first), int(last))))
        return has(track, (self.kind, self.value))


class Goal(BaseModel):
    """Wanted and unwanted traits."""

    model_config = ConfigDict(frozen=True)

    wanted: tuple[Trait, ...]
    unwanted: tuple[Trait, ...] = ()

    def match(self, track: Track) -> float:
        """Return how well a track suits: the share of wanted traits it has, 0 where it has an unwanted one."""
        if any(trait.of(track) for trait in self.unwanted):
            return 0.0
        return sum(trait.of(track) for trait in self.wanted) / len(self.wanted)


def goal_of(
    track: Track, unwanted: Sequence[Trait], guard: LeakGuard, rare: Callable[[Trait], bool] = lambda trait: False
) -> Goal | None:
    """Return the goal that a track makes, or None where too little is known of it that can be said without naming it.

    Args:
        track: the hidden track.
        unwanted: what the listener rules out; what the track has is left out, for nobody bans what they seek.
        guard: the leak check of the track.
        rare: tells which traits so few tracks have that they are as good as a name.
    """
    found = [trait for trait in traits_of(track) if guard.leak(trait.value) is None and not rare(trait)]
    if len(found) < 3:
        return None
    return Goal(wanted=tuple(found), unwanted=tuple(trait for trait in unwanted if not trait.of(track)))


def traits_of(track: Track) -> list[Trait]:
    """Return what a listener could want of a track: at most two values of each kind."""
    values: dict[str, Sequence[str]] = {
        "genres": track.genres,
        "years": [] if track.decade is None else [f"{track.decade}-{track.decade + 9}"],
        "vocals": [track.vocals] if track.vocals in ("female", "male", "instrumental") else [],
        "moods": track.moods,
        "languages": [track.language] if track.language and "," not in track.language else [],
        "instruments": track.instruments,
        "themes": track.themes,
    }
    instrumental = track.vocals == "instrumental"
    return [
        Trait(kind=kind, value=value)
        for kind in KINDS
        for value in values[kind][:_MOST]
        # That music without words is in no language goes without saying.
        if not (kind == "languages" and (instrumental or value == "instrumental"))
    ]
