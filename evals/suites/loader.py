"""Suites from files: variables are filled in, everything is checked, and each expectation keeps its line.

Knows files and the schema; tracks are looked up later, by whoever has a catalog (`truth.py`).
"""

import difflib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from segue.evals.suites.errors import Problem, SuiteError
from segue.evals.suites.schema import DialogueSpec, Expect, Persona, SuiteSpec, TurnSpec
from segue.evals.suites.yaml_source import Location, Marked, read_marked

SHIPPED: Final = Path(__file__).parent / "shipped"
"""Suites that come with Segue, over its default catalog."""
SUFFIX: Final = ".suite.yaml"
Model = TypeVar("Model", bound=BaseModel)
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class Step:
    """One turn of a dialogue, ready to run."""

    turn: TurnSpec
    expect: Expect
    """What the turn and its suite expect together."""
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)
    """For each expectation the line where it stands."""


@dataclass(frozen=True)
class Dialogue:
    """One conversation, with its variables filled in."""

    suite: str
    name: str
    """With the values of its variables, if it has several: "a banned genre [genre=metal]"."""
    path: Path
    line: int
    tags: tuple[str, ...]
    persona: Persona | None
    steps: tuple[Step, ...]
    about: str = ""

    @property
    def id(self) -> str:
        """Suite and name: what results are joined by."""
        return f"{self.suite}/{self.name}"


def load(paths: Sequence[Path]) -> list[Dialogue]:
    """Return the dialogues of suite files, and of all `*.suite.yaml` below folders.

    Raises:
        SuiteError: with every problem of every file.
    """
    problems: list[Problem] = []
    found: list[Dialogue] = []
    for path in _files(paths):
        try:
            found += load_file(path)
        except SuiteError as error:
            problems += error.problems
    places: dict[str, Dialogue] = {}
    for dialogue in found:
        first = places.setdefault(dialogue.id, dialogue)
        if first is not dialogue:
            text = f"dialogue {dialogue.id!r} stands already at {first.path}:{first.line}"
            problems.append(Problem(dialogue.path, dialogue.line, text))
    if problems:
        raise SuiteError(problems)
    return found


def load_file(path: Path) -> list[Dialogue]:
    """Return the dialogues of one file (SuiteError with every problem in it)."""
    marked = read_marked(path)
    if not isinstance(marked.data, dict):
        raise SuiteError([Problem(path, 1, "a suite is a mapping with `suite` and `dialogues`")])
    raw = marked.data.get("dialogues")
    suite_variables = marked.data.get("variables")
    # Dialogues are checked once per value of their variables, so here it is enough that the rest is right.
    shell = {**marked.data, "dialogues": [{"name": "-", "turns": [{"say": "-", "expect": {"tracks": 1}}]}]}
    problems: list[Problem] = []
    suite = _validated(SuiteSpec, shell, marked, (), problems)
    if not isinstance(raw, list) or not raw:
        problems.append(marked.problem(("dialogues",), "`dialogues` must be a list of at least one"))
        raise SuiteError(problems)
    found: list[Dialogue] = []
    for number, data in enumerate(raw):
        where: Location = ("dialogues", number)
        for values, which in _combinations(suite_variables, data, marked, where, problems):
            filled = _filled(data, values, marked, where, problems)
            spec = _validated(DialogueSpec, filled, marked, where, problems)
            if suite is not None and spec is not None:
                found.append(_dialogue(suite, spec, which, marked, where, problems))
    if problems:
        raise SuiteError(sorted(set(problems), key=lambda problem: problem.line))
    return found


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not inside:
            raise SuiteError([Problem(path, 0, f"holds no *{SUFFIX}")])
        found += [file for file in inside if file not in found]
    return found


def _combinations(
    shared: Any, data: Any, marked: Marked, where: Location, problems: list[Problem]
) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the variables' values, once per combination of those that are lists, and what tells each apart."""
    own = data.get("variables", {}) if isinstance(data, dict) else {}
    used = set(_VARIABLE.findall(str(data)))
    both = {**(shared or {}), **own} if isinstance(own, dict) else dict(shared or {})
    for name, value in both.items():
        if isinstance(value, dict) or value in ([], None):
            place = (*where, "variables", name) if name in own else ("variables", name)
            problems.append(marked.problem(place, f"variable {name!r} must be a text or a list of texts"))
            return
    # A variable that a dialogue does not use must not multiply it.
    axes = {name: value if isinstance(value, list) else [value] for name, value in both.items() if name in used}
    for values in itertools.product(*axes.values()):
        chosen = {name: str(value) for name, value in zip(axes, values, strict=True)}
        yield chosen, ", ".join(f"{name}={value}" for name, value in chosen.items() if len(axes[name]) > 1)


def _filled(data: Any, values: Mapping[str, str], marked: Marked, where: Location, problems: list[Problem]) -> Any:
    """Return `data` with every `${name}` replaced."""

    def fill(value: Any, location: Location) -> Any:
        if isinstance(value, dict):
            return {key: fill(item, (*location, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item, (*location, number)) for number, item in enumerate(value)]
        if not isinstance(value, str):
            return value

        def replace(match: re.Match[str]) -> str:
            if match[1] not in values:
                problems.append(marked.problem(location, f"there is no variable {match[1]!r}"))
            return values.get(match[1], "?")

        return _VARIABLE.sub(replace, value)

    return fill(data, where)


def _validated(model: type[Model], data: Any, marked: Marked, where: Location, problems: list[Problem]) -> Model | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            if problem["type"] == "too_short" and problem["input"]:
                continue  # only follows from what is wrong inside it
            location = where + problem["loc"]
            problems.append(marked.problem(location, _message(problem, location)))
        return None


def _message(problem: Any, location: Location) -> str:
    path = ".".join(str(part) for part in location if isinstance(part, str)) or "suite"
    if problem["type"] == "extra_forbidden":
        known = sorted({name for model in _models() for name in model.model_fields})
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        return f"{path}: unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    text = problem["msg"].removeprefix("Value error, ")
    given = problem.get("input")
    shown = f" (is {given!r:.60})" if isinstance(given, str | int | float) else ""
    return f"{path}: {text}{shown}"


def _models() -> list[type[BaseModel]]:
    from segue.evals.suites import schema

    return [
        value for value in vars(schema).values() if isinstance(value, type) and issubclass(value, BaseModel)
    ]  # fmt: skip


def _dialogue(
    suite: SuiteSpec,
    spec: DialogueSpec,
    which: str,
    marked: Marked,
    where: Location,
    problems: list[Problem],
) -> Dialogue:
    persona = suite.personas.get(spec.persona) if spec.persona else None
    if spec.persona and persona is None:
        known = ", ".join(sorted(suite.personas)) or "none"
        problems.append(marked.problem((*where, "persona"), f"no persona {spec.persona!r}; there are {known}"))
    steps = []
    for number, turn in enumerate(spec.turns):
        here = (*where, "turns", number)
        # Feedback gets no answer of which the suite could expect anything.
        shared = suite.expect.given() if turn.say is not None else ()
        lines = {name: marked.line(("expect", name)) for name in shared}
        lines |= {name: marked.line((*here, "expect", name)) for name in turn.expect.given()}
        expect = turn.expect if turn.say is None else merged(suite.expect, turn.expect)
        steps.append(Step(turn, expect, marked.line(here), lines))
    return Dialogue(
        suite=suite.suite,
        name=f"{spec.name} [{which}]" if which and spec.name == _name_before(marked, where) else spec.name,
        path=marked.path,
        line=marked.line(where),
        tags=tuple(dict.fromkeys(suite.tags + spec.tags)),
        persona=persona,
        steps=tuple(steps),
        about=spec.about or "",
    )


def merged(shared: Expect, own: Expect) -> Expect:
    """Return what both expect; where both say something of one thing, `own` counts."""
    return shared.model_copy(update={name: getattr(own, name) for name in own.given()})


def _name_before(marked: Marked, where: Location) -> object:
    """Return the name as written: one that holds a variable is told apart by itself."""
    return marked.data["dialogues"][where[1]].get("name")
