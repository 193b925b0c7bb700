"""One session: a listener and an agent talk for some turns, and a referee who knows the hidden track keeps score.

What is measured:

- *satisfaction* of a turn: the mean match of its tracks with the goal (0 without tracks); a track with an unwanted
  trait matches nothing, and neither does one that was played before. Of a session: the mean over all turns that it
  could have had, a turn after the hidden track was found being worth 1 and one after the listener gave up 0.
- *obedience* of a turn: the share of (track, constraint) pairs that hold, over what the listener has ruled out so far
  and the decades, voices and languages that it has asked for; None while there are none.
- *elicitation* of a session: the share of the goal's traits that came up by its end; *asked*, the turns in which the
  agent asked something back.
- *found*: the turn in which the hidden track was played, if it was.
"""

import time
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from segue.agent.turn import Turn
from segue.evals.simulator.goal import Goal, Trait
from segue.evals.simulator.leak import LeakGuard
from segue.evals.simulator.listener import Heard, Listener, Said
from segue.evals.suites.agent import SuiteAgent
from segue.evals.suites.truth import Tracks
from segue.generator.track import Track

HARD: Final = frozenset({"years", "vocals", "languages"})
"""Wanted traits that every track must have once they are asked for; genres and moods are matters of degree."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class TurnScore(_Frozen):
    """One turn."""

    message: str
    intent: str
    answer: str
    tracks: tuple[str, ...]
    """Ids."""
    satisfaction: float
    obedience: float | None
    asked: bool
    seconds: float


class Session(_Frozen):
    """One session, scored."""

    persona: str
    target: str
    """Id of the hidden track."""
    goal: Goal
    turns: tuple[TurnScore, ...]
    elicitation: float
    found: int | None
    """Turn in which the hidden track was played."""
    left: bool
    """Whether the listener gave up."""
    most: int
    """Turns that it could have had."""

    @property
    def satisfaction(self) -> float:
        """Satisfaction over all turns that the session could have had; see the module."""
        rest = self.most - len(self.turns) if self.found is not None else 0
        return (sum(turn.satisfaction for turn in self.turns) + rest) / self.most


async def talk(
    agent: SuiteAgent,
    listener: Listener,
    target: Track,
    goal: Goal,
    tracks: Tracks,
    *,
    persona: str,
    turns: int,
    user: str,
) -> Session:
    """Let a listener and an agent talk.

    Raises:
        LeakFound: the listener named the hidden track.
    """
    guard = LeakGuard(target)
    asked, answer = False, ""
    heard: list[Heard] = []
    played: set[str] = set()
    stated: set[Trait] = set()
    ruled_out: set[Trait] = set()
    scores: list[TurnScore] = []
    found: int | None = None
    left = False
    for number in range(1, turns + 1):
        said = await listener.speak(answer, asked, heard)
        if said is None:
            left = True
            break
        guard.check(said.text)
        stated |= set(said.stated)
        ruled_out |= set(said.ruled_out)
        started = time.perf_counter()
        turn = await agent.turn(said.text, user=user, thread=f"{user}-talk")
        seconds = time.perf_counter() - started
        shown = [tracks[track.id] for track in turn.tracks if track.id in tracks]
        scores.append(_score(said, turn, shown, goal, played, stated, ruled_out, seconds))
        if target.id in {track.id for track in shown}:
            found = number
            break
        heard = [_heard(place, track, goal) for place, track in enumerate(shown, 1)]
        played |= {track.work_id for track in shown}
        asked, answer = scores[-1].asked, turn.text
    return Session(
        persona=persona,
        target=target.id,
        goal=goal,
        turns=tuple(scores),
        elicitation=len(stated) / len(goal.wanted),
        found=found,
        left=left,
        most=turns,
    )


def _score(
    said: Said,
    turn: Turn,
    shown: Sequence[Track],
    goal: Goal,
    played: set[str],
    stated: set[Trait],
    ruled_out: set[Trait],
    seconds: float,
) -> TurnScore:
    suits = [0.0 if track.work_id in played else goal.match(track) for track in shown]
    return TurnScore(
        message=said.text,
        intent=said.intent,
        answer=turn.text,
        tracks=tuple(track.id for track in shown),
        satisfaction=sum(suits) / len(suits) if suits else 0.0,
        obedience=obedience(shown, stated, ruled_out),
        asked=turn.wish.clarify is not None,
        seconds=seconds,
    )


def obedience(shown: Sequence[Track], stated: set[Trait], ruled_out: set[Trait]) -> float | None:
    """Return the share of (track, constraint) pairs that hold, None where there are none.

    Of several values of one kind any will do: who asked for the 1990s and then the 1980s has both.
    """
    hard = {kind: [trait for trait in stated if trait.kind == kind] for kind in HARD}
    kinds = [traits for traits in hard.values() if traits]
    held = [any(trait.of(track) for trait in traits) for track in shown for traits in kinds]
    held += [not trait.of(track) for track in shown for trait in ruled_out]
    return sum(held) / len(held) if held else None


def _heard(number: int, track: Track, goal: Goal) -> Heard:
    return Heard(
        number=number,
        match=goal.match(track),
        lacking=tuple(trait for trait in goal.wanted if not trait.of(track)),
        unwanted=tuple(trait for trait in goal.unwanted if trait.of(track)),
    )
