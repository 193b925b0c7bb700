"""`-k`: choosing dialogues by words of their names and tags, with and, or, not and brackets."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from segue.evals.suites.errors import Problem, SuiteError

Chooser = Callable[[Iterable[str]], bool]
_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")


def chooser(expression: str) -> Chooser:
    """Return what tells whether an expression holds for some words.

    A word of the expression holds where it stands within one of theirs, whatever the case.

    Raises:
        SuiteError: the expression is none.
    """
    tokens = _TOKEN.findall(expression)
    parser = _Parser(expression, tokens)
    chosen = parser.either()
    if parser.rest:
        raise parser.error(f"{parser.rest[0]!r} is one too many")
    return chosen


class _Parser:
    def __init__(self, expression: str, tokens: list[str]) -> None:
        self.expression = expression
        self.rest = tokens

    def error(self, text: str) -> SuiteError:
        return SuiteError([Problem(Path("-k"), 0, f"{self.expression!r} cannot be read: {text}")])

    def take(self, token: str) -> bool:
        if self.rest and self.rest[0].lower() == token:
            self.rest = self.rest[1:]
            return True
        return False

    def either(self) -> Chooser:
        options = [self.both()]
        while self.take("or"):
            options.append(self.both())
        return lambda words: any(option(words) for option in options)

    def both(self) -> Chooser:
        parts = [self.one()]
        while self.take("and"):
            parts.append(self.one())
        return lambda words: all(part(words) for part in parts)

    def one(self) -> Chooser:
        if self.take("not"):
            inner = self.one()
            return lambda words: not inner(words)
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise self.error("a bracket stays open")
            return inner
        if not self.rest or self.rest[0].lower() in ("and", "or", ")"):
            raise self.error("a word is missing")
        word = self.rest[0].lower()
        self.rest = self.rest[1:]
        return lambda words: any(word in other.lower() for other in words)
