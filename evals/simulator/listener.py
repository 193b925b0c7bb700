"""The rule-based listener: asks, approves, complains, points and goes on, and is never told what it is after.

It sees what a person would: the agent's words and, of each track, how it sounds to somebody with that goal. All its
choices come from one seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, Protocol

from segue.evals.simulator.goal import Goal, Trait
from segue.evals.simulator.persona import Persona

_OPENINGS: Final = ("I'd like to hear", "play me", "looking for", "can you find me")
_ADDITIONS: Final = ("it should be", "make it", "rather", "and")
_PRAISE: Final = ("I like number {n}, more like that", "number {n} is great, more like it")
_REPROACH: Final = ("not number {n}", "I don't like number {n}")
_MORE: Final = ("more", "go on", "what else?")
Intent = Literal["open", "add", "rule out", "more", "reject", "answer", "leave"]


@dataclass(frozen=True)
class Heard:
    """One track of an answer, as it sounds to the listener."""

    number: int
    match: float
    """How well it suits, 0 to 1."""
    lacking: tuple[Trait, ...]
    """Wanted traits that it has not."""
    unwanted: tuple[Trait, ...]
    """Unwanted traits that it has."""


@dataclass(frozen=True)
class Said:
    """One message."""

    text: str
    intent: Intent
    stated: tuple[Trait, ...] = ()
    """Wanted traits that it names for the first time."""
    ruled_out: tuple[Trait, ...] = ()
    """Unwanted traits that it rules out."""


class Listener(Protocol):
    """Somebody who talks to the agent."""

    async def speak(self, answer: str, asked: bool, tracks: Sequence[Heard]) -> Said | None:
        """Return the next message, or None where there is nothing more to say.

        Args:
            answer: the agent's last words, "" at the start.
            asked: whether the agent asked something back.
            tracks: what it played last.
        """


class RuleListener:
    """A listener by rules."""

    def __init__(self, goal: Goal, persona: Persona, seed: int) -> None:
        self._persona = persona
        self._random = Random(seed)
        self._to_say = list(goal.wanted)
        self._to_rule_out = list(goal.unwanted)
        self._said: list[Trait] = []
        self._ruled_out: set[Trait] = set()
        self._bored = 0

    async def speak(self, answer: str, asked: bool, tracks: Sequence[Heard]) -> Said | None:
        """Return the next message by the rules, None where patience is at its end."""
        if not self._said:
            return self._open()
        best = max(tracks, key=lambda track: (track.match, -track.number), default=None)
        self._bored = 0 if best and best.match >= 0.5 else self._bored + 1
        if self._bored >= self._persona.patience:
            return None
        heard_bad = [trait for track in tracks for trait in track.unwanted if trait not in self._ruled_out]
        if heard_bad:
            return self._rule_out(heard_bad[0])
        if asked and self._to_say:
            return self._add("answer")
        if best and best.match >= self._persona.pleased:
            return Said(self._random.choice(_PRAISE).format(n=best.number), "more")
        if self._to_say:
            return self._add("add")
        worst = min(tracks, key=lambda track: track.match, default=None)
        if worst is not None and worst.match < 0.5:
            return Said(self._random.choice(_REPROACH).format(n=worst.number), "reject")
        return Said(self._random.choice(_MORE), "more")

    def _open(self) -> Said:
        traits = self._next(self._persona.opening)
        ruled_out = tuple(self._to_rule_out) if self._persona.frank else ()
        self._ruled_out |= set(ruled_out)
        text = f"{self._random.choice(_OPENINGS)} {wish(traits)}"
        if ruled_out:
            text += f", {' and '.join(unwish(trait) for trait in ruled_out)}"
        return Said(text, "open", traits, ruled_out)

    def _add(self, intent: Intent) -> Said:
        traits = self._next(self._persona.per_turn)
        return Said(f"{self._random.choice(_ADDITIONS)} {wish(traits, noun='')}", intent, traits)

    def _rule_out(self, trait: Trait) -> Said:
        self._ruled_out.add(trait)
        return Said(f"{unwish(trait)}, please", "rule out", (), (trait,))

    def _next(self, count: int) -> tuple[Trait, ...]:
        found, self._to_say = tuple(self._to_say[:count]), self._to_say[count:]
        self._said += found
        return found


def sayable(goal: Goal) -> list[str]:
    """Return everything that a rule-based listener with this goal may say, phrase by phrase."""
    phrases = [*_OPENINGS, *_ADDITIONS, *_PRAISE, *_REPROACH, *_MORE]
    said = [wish([trait]) for trait in goal.wanted] + [f"{unwish(trait)}, please" for trait in goal.unwanted]
    return [*phrases, *said, wish(goal.wanted)]


def wish(traits: Sequence[Trait], noun: str = "music") -> str:
    """Return traits as one phrase: "sad, dreamy trip hop from the 1990s with female vocals".

    Args:
        traits: what is wanted.
        noun: stands where no genre does. Who only adds says none: "sad music" would be a new wish.
    """
    of = {kind: [trait.value for trait in traits if trait.kind == kind] for kind in {trait.kind for trait in traits}}
    phrase = " ".join([", ".join(of.get("moods", [])), " / ".join(of.get("genres", [])) or noun]).strip()
    for value in of.get("years", []):
        phrase += f" from the {decade(value)}"
    for value in of.get("vocals", []):
        phrase += " without vocals" if value == "instrumental" else f" with {value} vocals"
    for kind, lead in (("languages", "in"), ("instruments", "with"), ("themes", "about")):
        if of.get(kind):
            phrase += f" {lead} {' and '.join(of[kind])}"
    return phrase.strip()


def unwish(trait: Trait) -> str:
    """Return an unwanted trait as a phrase: "no country"."""
    if trait.kind == "years":
        return f"nothing from before {int(trait.value.split('-')[1]) + 1}"
    return f"no {trait.value} vocals" if trait.kind == "vocals" else f"no {trait.value}"


def decade(years: str) -> str:
    """Return "1990s" for "1990-1999"."""
    return f"{years.split('-')[0]}s"
