"""What every benchmark prints: one object, as a table for people or as JSON for programs; and how it is saved."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table

from segue.evals.bench.provenance import Provenance, paths_in, provenance, without_folders


@dataclass(frozen=True)
class Saving:
    """Where the result of the benchmark that runs now is saved, and what it was asked."""

    file: Path
    arguments: Sequence[str]
    """The benchmark's name and all that follows it."""


SAVING: ContextVar[Saving | None] = ContextVar("SAVING", default=None)
"""Set by `segue bench --save FILE`, so that no benchmark has to know of it."""


class Row(BaseModel):
    """One system or setting, with its figures."""

    model_config = ConfigDict(extra="forbid")

    name: str
    metrics: dict[str, float]


class BenchResult(BaseModel):
    """`{"bench", "data", "rows": [{"name", "metrics": {...}}], "figures": {...}}`."""

    model_config = ConfigDict(extra="forbid")

    bench: str
    data: dict[str, Any]
    """What was measured on: file names, sizes, splits, seeds."""
    rows: list[Row] = []
    figures: dict[str, float] = {}
    """Figures that belong to the run and not to one row."""

    def show(self, *, as_json: bool) -> None:
        """Print the result to standard output, and save it where `segue bench --save FILE` asks for it."""
        saving = SAVING.get()
        if saving is not None:
            save(self, saving)
        if as_json:
            typer.echo(self.model_dump_json(indent=2))
            return
        console = Console()
        columns = list(dict.fromkeys(name for row in self.rows for name in row.metrics))
        table = Table(title=f"{self.bench} ({', '.join(f'{k}: {v}' for k, v in self.data.items())})")
        table.add_column("")
        for column in columns:
            table.add_column(column, justify="right")
        for row in self.rows:
            table.add_row(row.name, *(f"{row.metrics[c]:.4g}" if c in row.metrics else "" for c in columns))
        console.print(table)
        for name, value in self.figures.items():
            console.print(f"{name}: {value:.4g}")


class SavedResult(BenchResult):
    """A result with its provenance, as it lies in `evals/results/`."""

    # A share of nothing is not a number, which strict JSON cannot say.
    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="constants")

    provenance: Provenance
    quick: bool = False
    """Whether `--quick`, its own or that of `segue bench all`, made it smaller than a whole run."""
    seconds: float | None = None
    """How long it took by the clock, from its process's start to its end, where `segue bench all` ran it."""

    @classmethod
    def read(cls, file: Path) -> "SavedResult":
        """Return the result in `file`; pydantic's `ValidationError` where it is none."""
        return cls.model_validate_json(file.read_text(encoding="utf-8"))

    def write(self, file: Path) -> None:
        """Write the result to `file`, whose folder is made if need be."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")


def save(result: BenchResult, saving: Saving) -> None:
    """Write `result` with its provenance."""
    held = result.model_dump()
    held["data"] = without_folders(held["data"], paths_in(saving.arguments))
    quick = "--quick" in saving.arguments
    SavedResult(**held, provenance=provenance(saving.arguments), quick=quick).write(saving.file)


def require_file(path: Path) -> Path:
    """Return `path`, or stop with a clear message where it is no file."""
    if not path.is_file():
        raise typer.BadParameter(f"no such file: {path}")
    return path
