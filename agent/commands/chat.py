"""`segue chat`: a conversation in the terminal, or over a pipe.

Each line is a message; lines that begin with "/" are orders to the program (`/help` lists them). With `--json` every
line is answered by one JSON object: {"turn": {...}} for a message, {"order", "text"} for an order, {"error"} for what
could not be done. Knows how to read and print; `MusicAgent` does the rest.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segue.agent.commands.loading import load_agent
from segue.generator.errors import UserError

if TYPE_CHECKING:
    from segue.agent.commands.chat_session import Session
    from segue.agent.commands.chat_view import View

CatalogOption = Annotated[
    Path | None,
    typer.Option(help="A catalog folder; by default SEGUE_CATALOG, or else the catalog that comes with Segue."),
]
UserOption = Annotated[str, typer.Option(help="Whose taste steers the answers and learns from them.")]
DataOption = Annotated[
    Path | None,
    typer.Option(help="Folder of conversations and taste; by default SEGUE_DATA or the user's data folder."),
]


def chat(
    catalog: CatalogOption = None,
    user: UserOption = "local",
    thread: Annotated[str | None, typer.Option(help="Name of the conversation, to go on with it later.")] = None,
    count: Annotated[int, typer.Option(min=1, max=50, help="Tracks in an answer unless you say how many.")] = 5,
    generator: Annotated[bool, typer.Option(help="Generate semantic IDs; without, search alone ranks.")] = True,
    data: DataOption = None,
    echo: Annotated[bool, typer.Option(help="Print the lines that are piped in, for a transcript.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Answer each line with one JSON object.")] = False,
) -> None:
    """Talk about music; real tracks answer."""
    from segue.agent.commands.chat_session import Session
    from segue.agent.commands.chat_view import JsonView, RichView

    interactive = sys.stdin.isatty() and not json_
    view = JsonView() if json_ else RichView()
    # An event loop that rests while we wait for a line: input() must stay in the main thread for Ctrl-C to reach it.
    with asyncio.Runner() as runner:
        agent = runner.run(load_agent(catalog, data, generator=generator, count=count))
        try:
            session = Session(agent, user=user, thread=thread or f"chat-{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}")
            if interactive:
                view.greet(len(agent.catalog), user, session.thread)
            for line in _lines(interactive):
                if echo:
                    view.said(line)
                if not _answer(runner, session, view, line):
                    break
        finally:
            try:
                runner.run(agent.aclose())
            finally:
                agent.catalog.close()


def _answer(runner: asyncio.Runner, session: "Session", view: "View", line: str) -> bool:
    """Answer one line; False where the listener wants to leave."""
    try:
        if session.is_order(line):
            order = runner.run(session.order(line))
            view.order(order)
            return not order.leave
        with view.thinking():
            turn = runner.run(session.say(line))
        view.turn(turn)
        runner.run(session.settle())
    except UserError as error:
        view.error(str(error))
    except KeyboardInterrupt:
        view.error("stopped; nothing was answered")
    return True


def _lines(interactive: bool) -> Iterator[str]:
    """Yield the lines that are typed or piped in, until they end; Ctrl-C and Ctrl-D at the prompt end them too."""
    if not interactive:
        for line in sys.stdin:
            if line.strip():
                yield line.rstrip("\n")
        return
    with suppress(ImportError):
        import readline  # noqa: F401 - gives input() a history and the arrow keys
    while True:
        try:
            line = input("\n> ")
        except (EOFError, KeyboardInterrupt):
            typer.echo("")
            return
        if line.strip():
            yield line
