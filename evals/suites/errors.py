"""What is wrong with a suite, each problem with the place where it stands."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from segue.generator.errors import UserError


class Problem(NamedTuple):
    """One thing to correct."""

    path: Path
    line: int
    """From 1; 0 where no line is to blame."""
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


class SuiteError(UserError):
    """Raised for suites, result files and agents that cannot be used; lists every problem, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
