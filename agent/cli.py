"""The `segue` command: puts the subcommands together and turns errors into one line and an exit code.

Heavy libraries are imported inside the commands that use them, so that `segue --help` answers at once. Other packages
add commands through the entry-point group `segue.commands`; Segue's own benchmarks come in that way, for the command
line must not know of evaluation.
"""

import gc
import os
import sys
from importlib.metadata import entry_points

import typer

from segue.generator.errors import IntegrityError, SegueError, UserError


def build_app() -> typer.Typer:
    """Return the command-line application with every subcommand that is installed."""
    app = typer.Typer(
        name="segue",
        help="A conversational music recommender over your own catalog.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    from segue.agent.commands import (
        adapt,
        catalog,
        chat,
        generator,
        hear,
        importance,
        listener,
        mcp,
        next_song,
        radio,
        ranking,
        recommend,
        search,
        serve,
        taste,
        tokenizer,
    )

    app.command("chat")(chat.chat)
    app.command("adapt")(adapt.adapt)
    app.add_typer(catalog.app, name="catalog")
    app.add_typer(generator.app, name="generator")
    app.add_typer(hear.app, name="hear")
    app.add_typer(importance.app, name="importance")
    app.add_typer(listener.app, name="listener")
    app.command("mcp")(mcp.mcp)
    app.add_typer(next_song.app, name="next-song")
    app.command("radio")(radio.radio)
    app.add_typer(ranking.app, name="ranking")
    app.command("recommend")(recommend.recommend)
    app.command("search")(search.search)
    app.command("serve")(serve.serve)
    app.add_typer(taste.app, name="taste")
    app.add_typer(tokenizer.app, name="tokenizer")
    for extension in sorted(entry_points(group="segue.commands")):
        app.add_typer(extension.load(), name=extension.name)
    return app


def main() -> None:
    """Run the command line. A `UserError` prints one line and exits with 2, damaged data with 3, all else with 4."""
    # Spinning OpenMP threads starve every other process on a small machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Thousands of modules and tracks are made at the start and kept: looking for garbage among them that often is about
    # a tenth of the time until the first answer.
    gc.set_threshold(50_000, 10, 10)
    try:
        build_app()()
    except UserError as error:
        typer.echo(f"segue: {error}", err=True)
        sys.exit(2)
    except IntegrityError as error:
        typer.echo(f"segue: {error}", err=True)
        sys.exit(3)
    except SegueError as error:
        # A database that cannot be reached, a store that others hold: nothing that a traceback would explain.
        typer.echo(f"segue: {error}", err=True)
        sys.exit(4)
