"""Runs dialogues against an agent, turn by turn, and judges each.

An agent that raises fails the turn with its traceback in the record, and the dialogue goes on: what a listener would
say next is known. Every dialogue has listeners and threads of its own, so that none can colour another.
"""

import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from segue.agent.turn import Turn
from segue.evals.suites.agent import Opener
from segue.evals.suites.checks import Seen, Situation, always, judge
from segue.evals.suites.figures import figures, ranks_in
from segue.evals.suites.loader import Dialogue, Step
from segue.evals.suites.records import Check, DialogueResult, TurnRecord
from segue.evals.suites.truth import Tracks
from segue.memory.profile import Taste

LISTENER = "listener"
BEFORE = "before"
"""Thread in which a persona says what it says before a dialogue begins."""


@dataclass
class _Progress:
    """What a dialogue's turns leave for its later ones."""

    shown: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By thread: ids of the last answer that had tracks."""
    in_thread: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    of_user: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class Runner:
    """One agent over one folder, for any number of dialogues."""

    def __init__(self, opener: Opener, tracks: Tracks, folder: Path) -> None:
        """Open the agent.

        Args:
            opener: opens the agent over a folder.
            tracks: the catalog's tracks by id; the judge's knowledge of them.
            folder: where the agent keeps threads and tastes.
        """
        self._opener = opener
        self._tracks = tracks
        self._folder = folder
        self._agent = opener(folder)
        self._runs = 0

    async def aclose(self) -> None:
        """Close the agent."""
        await self._agent.aclose()

    async def run(self, dialogue: Dialogue, told: Callable[[TurnRecord], None] | None = None) -> DialogueResult:
        """Run one dialogue; `told` gets each record as soon as it is there."""
        self._runs += 1
        own = f"{xxhash.xxh3_64_hexdigest(dialogue.id.encode())[:8]}-{self._runs}"
        progress = _Progress()
        trouble = await self._introduce(dialogue, own)
        records: list[TurnRecord] = []
        for number, step in enumerate(dialogue.steps, 1):
            record = await self._step(dialogue, number, step, own, progress)
            if trouble and number == 1:
                check = Check(name="persona", passed=False, detail=trouble.splitlines()[-1], line=dialogue.line)
                changes = {"checks": (check, *record.checks), "passed": False, "error": record.error or trouble}
                record = record.model_copy(update=changes)
            records.append(record)
            if told:
                told(record)
        return DialogueResult(records=tuple(records))

    async def _introduce(self, dialogue: Dialogue, own: str) -> str | None:
        """Let the persona say what it said before; return a traceback where the agent raised."""
        try:
            for message in dialogue.persona.said if dialogue.persona else ():
                await self._agent.turn(message, user=f"{LISTENER}-{own}", thread=f"{BEFORE}-{own}")
        except Exception:  # noqa: BLE001 - whatever an agent raises is its failure, and stands in the record
            return traceback.format_exc()
        return None

    async def _step(
        self, dialogue: Dialogue, number: int, step: Step, own: str, progress: _Progress
    ) -> TurnRecord:  # fmt: skip
        user, thread = f"{step.turn.user or LISTENER}-{own}", f"{step.turn.thread}-{own}"
        said = step.turn.say
        message = said if said is not None else f"({step.turn.feedback})"
        turn: Turn | None = None
        error: str | None = None
        checks: list[Check]
        metrics: dict[str, float] = {}
        try:
            if step.turn.restart:
                await self._agent.aclose()
                self._agent = self._opener(self._folder)
            if said is None:
                checks = await self._feedback(step, user, thread, progress)
            else:
                started = time.perf_counter()
                turn = await self._agent.turn(said, user=user, thread=thread)
                seconds = time.perf_counter() - started
                situation = await self._situation(step, turn, seconds, user, thread, progress)
                checks = [*always(situation, self._tracks), *judge(step, situation)]
                metrics = figures(situation)
        except Exception as raised:  # noqa: BLE001 - whatever an agent raises is its failure, and stands in the record
            error = traceback.format_exc()
            checks = [Check(name="answers", passed=False, detail=f"{type(raised).__name__}: {raised}", line=step.line)]
        return TurnRecord(
            suite=dialogue.suite,
            dialogue=dialogue.name,
            turn=number,
            path=str(dialogue.path),
            line=step.line,
            tags=dialogue.tags,
            thread=step.turn.thread,
            user=step.turn.user or LISTENER,
            message=message,
            act=turn.wish.act if turn else "error" if error else "feedback",
            passed=all(check.passed for check in checks),
            checks=tuple(checks),
            metrics=metrics,
            modalities={k: v for k, v in turn.weights.model_dump().items() if v} if turn else {},
            error=error,
            answer=turn.record() if turn else None,
        )

    async def _situation(
        self, step: Step, turn: Turn, seconds: float, user: str, thread: str, progress: _Progress
    ) -> Situation:
        shown = tuple(self._tracks[track.id] for track in turn.tracks if track.id in self._tracks)
        ids = [track.id for track in turn.tracks]
        expected = step.expect.rank
        situation = Situation(
            turn=turn,
            shown=shown,
            seconds=seconds,
            seen=Seen(set(progress.in_thread[thread]), set(progress.of_user[user])),
            ranks=ranks_in(expected.tracks, ids, self._tracks) if expected else (),
            taste=await self._taste(step, user),
        )
        if ids:
            progress.shown[thread] = ids
        progress.in_thread[thread] |= {track.work_id for track in shown}
        progress.of_user[user] |= {track.work_id for track in shown}
        return situation

    async def _feedback(self, step: Step, user: str, thread: str, progress: _Progress) -> list[Check]:
        given = step.turn.feedback
        assert given is not None
        shown = progress.shown[thread]
        if given.number > len(shown):
            wrong = f"no track {given.number}: the last answer had {len(shown)}"
            return [Check(name="feedback", passed=False, detail=wrong, line=step.line)]
        await self._agent.feedback(user, thread, shown[given.number - 1], given.kind)
        situation = _Feedback(await self._taste(step, user))
        return [Check(name="feedback", passed=True), *judge(step, situation)]  # type: ignore[arg-type]

    async def _taste(self, step: Step, user: str) -> Taste | None:
        return await self._agent.taste(user) if step.expect.taste else None


@dataclass(frozen=True)
class _Feedback:
    """What can be judged after feedback, which gets no answer: taste, as the schema makes sure."""

    taste: Taste | None
