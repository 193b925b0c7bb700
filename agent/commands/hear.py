"""`segue hear`: what the agent makes of a message, and training the model behind it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(help="What the agent understands of a message.", no_args_is_help=True)


@app.command()
def message(
    text: Annotated[str, typer.Argument(help="What the listener says.")],
    before: Annotated[str, typer.Option(help="What was said just before.")] = "",
    catalog: Annotated[
        Path | None, typer.Option(help="A catalog folder; the default catalog where none is given.")
    ] = None,
) -> None:
    """Show, as JSON, what is understood of one message."""
    from segue.agent.hear import Hearer
    from segue.agent.wish import ThreadView
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog

    with Catalog.open(catalog or default_catalog()) as opened:
        wish = Hearer(opened).hear(text, ThreadView(before=before))
    typer.echo(wish.model_dump_json(indent=2, exclude_defaults=True))


@app.command()
def train(
    turns: Annotated[list[Path], typer.Option(help="Labelled messages, JSON Lines; may be given several times.")],
    output: Annotated[Path, typer.Option(help="Folder for the weights and their manifest.")],
    catalog: Annotated[
        Path | None, typer.Option(help="Catalog whose names are hinted at; the default catalog where none is given.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the messages.")] = 9,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights on the same machine.")] = 0,
) -> None:
    """Train the model on labelled messages and composed practice; the held-out fifth (by id) is never used."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from segue.agent.hear.messages import read_heard
    from segue.agent.hear.practice import practice
    from segue.agent.hear.reading import Reader
    from segue.agent.hear.training import TrainingSettings, fit_phrases, save
    from segue.agent.hear.training import train as fit
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog
    from segue.tools.search.search import Searcher

    messages = read_heard(turns)
    settings = TrainingSettings(epochs=epochs, seed=seed)
    with Catalog.open(catalog or default_catalog()) as opened:
        reader = Reader(Searcher(opened).linker)
        messages += practice([(track.title, track.artists[0].name) for track in opened], seed=seed)
    phrases = fit_phrases(messages, reader)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("training", total=epochs)

        def show(epoch: int, loss: float) -> None:
            bar.update(task, completed=epoch, description=f"epoch {epoch}, loss {loss:.3f}")

        network = fit(messages, reader, settings, progress=show)
    save(network, output, messages, settings)
    phrases.save(output)
    Console().print(f"weights in {output}")
