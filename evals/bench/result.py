"""What every benchmark prints: one object, as a table for people or as JSON for programs."""

from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table


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
        """Print the result to standard output."""
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


def require_file(path: Path) -> Path:
    """Return `path`, or stop with a clear message where it is no file."""
    if not path.is_file():
        raise typer.BadParameter(f"no such file: {path}")
    return path
