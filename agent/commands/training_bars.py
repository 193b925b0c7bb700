"""What is shown and written while generators learn."""

import json
from math import isnan
from pathlib import Path
from typing import Any, Final

from rich.console import Console

METRICS: Final = "training.jsonl"
"""The file beside the weights that holds one line per report of their training."""


class TrainingBars:
    """A bar for reading and one for training, and a file with a line per report."""

    def __init__(self, metrics: Path) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._metrics = metrics
        self._tasks: dict[str, Any] = {}
        self.last: dict[str, float] = {}
        """Figures of the latest report."""

    def __enter__(self) -> "TrainingBars":
        self._file = self._metrics.open("a", encoding="utf-8")
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        self._file.close()

    def reading(self, done: int, total: int) -> None:
        """Show how many texts have been read."""
        self._show("reading texts", "reading texts", done, total)

    def step(self, done: int, total: int, **figures: float) -> None:
        """Show and write the figures of a report."""
        self.last = {name: value for name, value in figures.items() if not isnan(value)}
        told = ", ".join(f"{name} {value:.3f}" for name, value in self.last.items())
        self._show("training", f"training: {told}", done, total)
        self._file.write(json.dumps({"step": done, "of": total, **self.last}) + "\n")
        self._file.flush()

    def _show(self, task: str, description: str, done: int, total: int) -> None:
        if task not in self._tasks:
            self._tasks[task] = self._bar.add_task(description, total=total)
        self._bar.update(self._tasks[task], description=description, completed=done, total=total)
