"""A progress bar for work in named stages. Knows nothing of the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segue.tools.catalog.derived import Progress


@contextmanager
def stages() -> Iterator["Progress"]:
    """Yield a callback (stage, items since the last call, total where known) that draws one bar for each stage.

    The bars go to standard error, so that standard output can be piped, and vanish when all is done.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def advance(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(escape(stage), total=total)
            bars.update(tasks[stage], advance=done, total=total)

        yield advance
