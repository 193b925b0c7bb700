"""`segue bench page`: docs/benchmarks.md, written from the saved results and from nothing else."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from segue.evals.bench.result import BenchResult, SavedResult
from segue.generator.errors import SourceError

RESULTS = Path("evals/results")
PAGE = Path("docs/benchmarks.md")
_ESCAPED: dict[int, str] = {ord("|"): "\\|", ord("<"): "&lt;", ord("*"): "\\*", ord("\n"): " "}
_HEAD = """# Benchmarks

Written by `segue bench page` from `evals/results/*.json`; every table is one run of one command, with the baselines and
Segue side by side. `segue bench all --data DIR --catalog DIR` measures all of it again, `--quick` in a smaller form.

A result marked **quick** asks little: it shows that the command runs and about where the figures lie; its shares and
percentiles rest on few cases. A latency means little where more processes wanted a core than there are cores. A
revision that ends in `-dirty`, or that was not recorded, may hold changes that were never committed.
"""


def command(
    results: Annotated[Path, typer.Option(help="Folder of the saved results.")] = RESULTS,
    to: Annotated[Path, typer.Option(help="The page.")] = PAGE,
) -> None:
    """Write the page of benchmarks from the saved results."""
    write_page(results, to)
    typer.echo(to)


def write_page(results: Path, to: Path) -> None:
    """Write the page of all results in the folder `results`; `SourceError` where there are none."""
    saved = read_results(results)
    if not saved:
        raise SourceError(f"no saved results in {results}; `segue bench all` makes them")
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(page(saved), encoding="utf-8")


def read_results(folder: Path) -> dict[str, SavedResult]:
    """Return the results in `folder` by their files' names; `SourceError` where a file holds none."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        try:
            found[file.stem] = SavedResult.read(file)
        except ValidationError as error:
            raise SourceError(f"{file} is no saved result: {error}") from error
    return found


def page(saved: Mapping[str, SavedResult]) -> str:
    """Return the page in Markdown: a list of what is on it, and a section for each result."""
    contents = "\n".join(f"- [{name}](#{name})" + (" (quick)" if one.quick else "") for name, one in saved.items())
    return "\n".join([_HEAD, contents, *(section(name, one) for name, one in saved.items()), ""])


def section(name: str, saved: SavedResult) -> str:
    """Return one result: its command, what it was measured on, its table, and the figures of the whole run."""
    source = saved.provenance
    data = "; ".join(f"{key}: {_words(value)}" for key, value in saved.data.items())
    files = ", ".join(f"{file} `{digest}`" for file, digest in source.fingerprints.items())
    versions = ", ".join(f"{package} {number}" for package, number in source.versions.items())
    took = "" if saved.seconds is None else f"; it took {saved.seconds:,.0f} s"
    lines = [
        f"\n## {name}\n",
        f"```sh\n{source.command}\n```\n",
        f"{'**Quick.** ' if saved.quick else ''}{source.date}; revision {source.revision}; {source.processor}; "
        f"{source.cores} cores, {source.load:g} processes wanting one{took}.\n",
        f"Measured on: {_cell(data)}.\n",
        *([table(saved), ""] if saved.rows else []),
        *(f"- {key}: {number(value)}" for key, value in saved.figures.items()),
        *([""] if saved.figures else []),
        f"Content (SHA-256): {_cell(files) or 'nothing but what ships'}. Versions: {versions}.",
    ]
    return "\n".join(lines)


def table(result: BenchResult) -> str:
    """Return the rows as a table in Markdown, one column for each metric that any row has."""
    columns = list(dict.fromkeys(metric for row in result.rows for metric in row.metrics))
    lines = [
        f"| | {' | '.join(_cell(column) for column in columns)} |",
        f"|---|{'---:|' * len(columns)}",
    ]
    for row in result.rows:
        cells = (number(row.metrics[column]) if column in row.metrics else "" for column in columns)
        lines.append(f"| {_cell(row.name)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def number(value: float) -> str:
    """Return four significant digits, and whole numbers in full."""
    if math.isfinite(value) and value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _words(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _cell(text: str) -> str:
    """Escape what would end a cell or begin markup: names come from listeners' files."""
    return text.translate(_ESCAPED)
