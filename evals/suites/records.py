"""What a run leaves behind: one record per turn, as JSON Lines.

    {"suite", "dialogue", "turn", "path", "line", "tags", "thread", "user", "message", "act", "passed",
     "checks": [{"name", "passed", "detail", "line"}], "metrics": {...}, "modalities": {...}, "error", "answer": {...}}

`turn` counts from 1 within the dialogue; `answer` is the whole turn as the agent gave it, null where it gave none.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from segue.evals.suites.errors import Problem, SuiteError


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(_Frozen):
    """One thing that was looked at after a turn."""

    name: str
    """The expectation ("excludes genres"), or what holds for every turn ("real tracks")."""
    passed: bool
    detail: str = ""
    """Where it failed: what was expected, and what was there instead."""
    line: int = 0
    """Of the expectation in its file; 0 for what holds for every turn."""


class TurnRecord(_Frozen):
    """One turn, with everything that was looked at."""

    suite: str
    dialogue: str
    turn: int
    path: str
    line: int
    tags: tuple[str, ...]
    thread: str
    user: str
    message: str
    act: str
    """What was heard; "feedback" for a thumb, "error" where there was no answer."""
    passed: bool
    checks: tuple[Check, ...]
    metrics: dict[str, float]
    """As in `figures.py`: `seconds`, `constraints`, and with a known truth `rr`, `hit@k`, `ndcg@k`."""
    modalities: dict[str, float] = {}
    """Letters of the modalities with the weight that each had, 0 to 10."""
    error: str | None = None
    """Traceback, where the agent raised."""
    answer: dict[str, Any] | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        """What the same turn of another run shares."""
        return self.suite, self.dialogue, self.turn

    @property
    def failures(self) -> tuple[Check, ...]:
        """Return the checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)


class DialogueResult(_Frozen):
    """One dialogue's turns."""

    records: tuple[TurnRecord, ...]

    @property
    def id(self) -> str:
        """Suite and name."""
        return f"{self.records[0].suite}/{self.records[0].dialogue}"

    @property
    def passed(self) -> bool:
        """Whether every check of every turn passed."""
        return all(record.passed for record in self.records)

    @property
    def seconds(self) -> float:
        """Time that the agent took."""
        return sum(record.metrics.get("seconds", 0.0) for record in self.records)


def by_dialogue(records: Iterable[TurnRecord]) -> list[DialogueResult]:
    """Return dialogues with their turns in order."""
    found: dict[tuple[str, str], list[TurnRecord]] = {}
    for record in records:
        found.setdefault((record.suite, record.dialogue), []).append(record)
    return [
        DialogueResult(records=tuple(sorted(turns, key=lambda record: record.turn))) for turns in found.values()
    ]  # fmt: skip


def write_records(path: Path, records: Sequence[TurnRecord]) -> None:
    """Write one line per turn."""
    path.write_text("".join(record.model_dump_json() + "\n" for record in records), encoding="utf-8")


def read_records(path: Path) -> list[TurnRecord]:
    """Read what `write_records` wrote.

    Raises:
        SuiteError: the file cannot be read, or a line is no record.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError([Problem(path, 0, f"cannot be read: {error}")]) from error
    found: list[TurnRecord] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(TurnRecord.model_validate_json(line))
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                where = ".".join(map(str, first["loc"]))
                problem = Problem(path, number, f"no record of a turn: {where}: {first['msg']}")
                raise SuiteError([problem]) from error
    if not found:
        raise SuiteError([Problem(path, 0, "holds no records")])
    return found
