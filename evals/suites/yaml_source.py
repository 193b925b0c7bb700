"""YAML with the line of every value, read strictly.

Scalars follow YAML 1.2: only `true`, `false`, `null` and numbers are more than text, so that a band called Yes or On
stays a name. A key that stands twice is an error and not the last one's victory. Knows YAML, not suites.
"""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from segue.evals.suites.errors import Problem, SuiteError

Location = tuple[str | int, ...]
"""Keys and indices from the top to a value."""
MOST_VALUES: Final = 100_000
"""Values in one file; aliases that multiply beyond are an attack or a mistake."""
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)?\.[0-9]+")
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Marked:
    """The values of one file, and the line of each."""

    def __init__(self, path: Path, data: Any, lines: dict[Location, int]) -> None:
        self.path = path
        self.data = data
        self._lines = lines

    def line(self, location: Location) -> int:
        """Return the line of a value, or of the nearest thing that holds it."""
        known: list[str | int] = []
        for part in location:
            # Validators put names of union members between keys; only what the file holds has a line.
            if (*known, part) in self._lines:
                known.append(part)
        return self._lines[tuple(known)]

    def problem(self, location: Location, text: str) -> Problem:
        """Return a problem at a value."""
        return Problem(self.path, self.line(location), text)


def read_marked(path: Path) -> Marked:
    """Read one YAML document.

    Raises:
        SuiteError: the file cannot be read, is no YAML, or repeats a key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError([Problem(path, 0, f"cannot be read: {error}")]) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SuiteError([Problem(path, mark.line + 1 if mark else 0, f"no YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise SuiteError([Problem(path, 0, f"no YAML: {error}")]) from error
    if node is None:
        raise SuiteError([Problem(path, 1, "is empty")])
    reader = _Reader(path)
    data = reader.value(node, ())
    if reader.problems:
        raise SuiteError(reader.problems)
    return Marked(path, data, reader.lines)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Location, int] = {}
        self.problems: list[Problem] = []
        self._open: set[int] = set()

    def value(self, node: yaml.Node, location: Location, line: int | None = None) -> Any:
        self.lines[location] = line or node.start_mark.line + 1
        if id(node) in self._open or len(self.lines) > MOST_VALUES:
            raise SuiteError([Problem(self.path, node.start_mark.line + 1, "an alias that holds itself, or too many")])
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, location)
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*location, number)) for number, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key: Hashable = key_node.value
            if not isinstance(key, str) or not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(self.path, line, "a key must be plain text"))
            elif key in found:
                self.problems.append(Problem(self.path, line, f"{key!r} stands here for the second time"))
            else:
                # An error about a key or its value is looked for at the key.
                found[key] = self.value(value_node, (*location, key), line)
        return found

    def _scalar(self, node: yaml.Node) -> Any:
        text = str(node.value)
        if getattr(node, "style", None) is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text
