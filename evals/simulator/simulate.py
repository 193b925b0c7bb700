"""Many sessions: targets drawn from a catalog, personas in turn, some at a time, and what it all comes to."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

import numpy as np

from segue.evals.simulator.errors import LeakFound
from segue.evals.simulator.goal import Goal, goal_of, traits_of
from segue.evals.simulator.leak import LeakGuard
from segue.evals.simulator.listener import Listener, RuleListener, sayable
from segue.evals.simulator.persona import PERSONAS, Persona
from segue.evals.simulator.session import Session, talk
from segue.evals.suites.agent import SuiteAgent
from segue.evals.suites.truth import Tracks
from segue.generator.errors import QueryError
from segue.generator.track import Track

TURNS: Final = 8
COMMON: Final = 20
"""Tracks that must share a trait for listeners to speak of it: one that few have would be as good as the name."""
ListenerMaker = Callable[[Goal, Persona, LeakGuard, int], Listener]
"""Makes a listener from a goal, a persona, the leak check of its track, and a seed."""


class Simulation(NamedTuple):
    """What many sessions left."""

    sessions: tuple[Session, ...]
    leaked: int
    """Sessions that were broken off and count nowhere, for the listener named the hidden track."""
    seconds: float
    """All sessions together, by the clock."""


class Part(NamedTuple):
    """Who is to look for what."""

    target: Track
    goal: Goal
    persona: Persona
    seed: int


def by_rules(goal: Goal, persona: Persona, guard: LeakGuard, seed: int) -> Listener:
    """Make the rule-based listener."""
    return RuleListener(goal, persona, seed)


def cast(
    tracks: Tracks, listeners: int, seed: int, personas: Sequence[Persona] = PERSONAS, common: int = COMMON
) -> list[Part]:
    """Draw hidden tracks, each a goal for the next persona; the same seed draws the same.

    Args:
        tracks: the catalog.
        listeners: how many.
        seed: draws the tracks, and a seed for each listener.
        personas: taken in turn.
        common: tracks that must share a trait for it to be spoken of.

    Raises:
        QueryError: the catalog knows too little of its tracks.
    """
    random = Random(seed)
    known = Counter(trait for track in tracks.values() for trait in traits_of(track))
    drawn = random.sample(list(tracks.values()), len(tracks))
    parts: list[Part] = []
    for target in drawn:
        if len(parts) == listeners:
            break
        persona = personas[len(parts) % len(personas)]
        guard = LeakGuard(target)
        goal = goal_of(target, persona.unwanted, guard, lambda trait: known[trait] < common)
        # Who looks for "More" or "Play" would name it by being polite.
        if goal is not None and not any(map(guard.leak, sayable(goal))):
            parts.append(Part(target, goal, persona, random.randrange(2**32)))
    if len(parts) < listeners:
        raise QueryError(f"only {len(parts)} tracks of this catalog are known well enough to be looked for")
    return parts


async def simulate(
    agent: SuiteAgent,
    tracks: Tracks,
    parts: Sequence[Part],
    *,
    make: ListenerMaker = by_rules,
    turns: int = TURNS,
    at_once: int = 1,
    run: str = "s",
) -> Simulation:
    """Run sessions, `at_once` at a time."""
    room = asyncio.Semaphore(at_once)

    async def one(number: int, part: Part) -> Session | None:
        async with room:
            listener = make(part.goal, part.persona, LeakGuard(part.target), part.seed)
            user = f"{run}-{number}"
            try:
                return await talk(
                    agent, listener, part.target, part.goal, tracks, persona=part.persona.name, turns=turns, user=user
                )
            except LeakFound:
                return None

    started = time.perf_counter()
    sessions = await asyncio.gather(*(one(number, part) for number, part in enumerate(parts)))
    held = tuple(session for session in sessions if session is not None)
    return Simulation(held, len(sessions) - len(held), time.perf_counter() - started)


def figures(simulation: Simulation) -> dict[str, float]:
    """Return the figures of a simulation: means over sessions, of obedience and seconds over turns."""
    sessions = simulation.sessions
    if not sessions:
        return {"leaked": simulation.leaked}
    turns = [turn for session in sessions for turn in session.turns]
    obeyed = [turn.obedience for turn in turns if turn.obedience is not None]
    seconds = [turn.seconds for turn in turns]
    found: dict[str, float] = {
        "satisfied": float(np.mean([session.satisfaction for session in sessions])),
        # Chat models may leave without a word; such a session had no turn that could satisfy.
        "first turn": float(np.mean([session.turns[0].satisfaction if session.turns else 0.0 for session in sessions])),
    }
    if obeyed:
        found["obeyed"] = float(np.mean(obeyed))
    found |= {
        "elicited": float(np.mean([session.elicitation for session in sessions])),
        "found": float(np.mean([session.found is not None for session in sessions])),
        "gave up": float(np.mean([session.left for session in sessions])),
        "turns": len(turns) / len(sessions),
        "leaked": simulation.leaked,
    }
    if not turns:
        return found
    return found | {
        "asked": float(np.mean([turn.asked for turn in turns])),
        "p50 s": float(np.percentile(seconds, 50)),
        "p95 s": float(np.percentile(seconds, 95)),
        "turns/s": len(turns) / simulation.seconds,
    }
