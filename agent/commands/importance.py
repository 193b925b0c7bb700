"""`segue importance`: how much each modality matters to a message, and training the model that says so."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from segue.generator.modality import MODALITIES

app = typer.Typer(help="How much each of the nine modalities matters to a message.", no_args_is_help=True)


@app.command()
def score(
    message: Annotated[str, typer.Argument(help="What the listener says.")],
    before: Annotated[str, typer.Option(help="What was said just before.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score the nine modalities for one message, from 0 to 10."""
    from segue.tools.importance.score import ModalityImportance

    weights = ModalityImportance.load().score(message, before)
    if json_:
        typer.echo(weights.model_dump_json())
        return
    table = Table("modality", "score", "share in matching")
    for modality, share in zip(MODALITIES, weights.shares(), strict=True):
        table.add_row(modality.label, f"{weights[modality]:.1f}", f"{share:.0%}")
    Console().print(table)


@app.command()
def train(
    turns: Annotated[list[Path], typer.Option(help="Labelled messages, JSON Lines; may be given several times.")],
    output: Annotated[Path, typer.Option(help="Folder for the weights and their manifest.")],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the messages.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights on the same machine.")] = 0,
) -> None:
    """Train the model on labelled messages; the held-out fifth (by id) is never used."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from segue.tools.importance.messages import read_messages
    from segue.tools.importance.training import TrainingSettings, save
    from segue.tools.importance.training import train as fit

    messages = read_messages(turns)
    settings = TrainingSettings(epochs=epochs, seed=seed)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("training", total=epochs)

        def show(epoch: int, loss: float) -> None:
            bar.update(task, completed=epoch, description=f"epoch {epoch}, loss {loss:.3f}")

        network = fit(messages, settings, progress=show)
    save(network, output, messages, settings)
    Console().print(f"weights in {output}")
