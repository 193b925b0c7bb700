"""Where everything goes that an import could not use: one JSON line each, with source, line and reason.

Knows no tracks. A rejected row is left out whole; a rejected cell only itself, its row stays.
"""

import json
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from segue.generator.errors import SourceError
from segue.tools.importing.rows import Rejection

FILE_NAME = "rejected.jsonl"
"""The name of the file within the catalog folder; each import replaces it."""


class Rejections:
    """Writes `rejected.jsonl`; the file exists only where something was rejected.

    Attributes:
        reasons: how often each reason was given, digits aside.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reasons: Counter[str] = Counter()
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise SourceError(f"cannot replace {self.path}: {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, source: str, rejection: Rejection, scope: Literal["row", "cell"] = "row") -> None:
        """Write one rejection down."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8")
        self.reasons[rejection.reason] += 1
        entry = {
            "source": source,
            "line": rejection.line,
            "scope": scope,
            "reason": rejection.reason,
            "row": rejection.excerpt,
        }
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
