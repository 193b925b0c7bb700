"""`segue serve`: the agent over HTTP, and the page for listeners.

Knows how to read options and run uvicorn; `segue.agent.serve` is the server.
"""

import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segue.agent.commands.chat import CatalogOption, DataOption
from segue.generator.errors import QueryError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from segue.agent.music_agent import MusicAgent
    from segue.agent.serve.options import ServeOptions

DRAIN = 30
"""Seconds that answers in flight have when the server is told to stop."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
KeysOption = Annotated[
    Path | None, typer.Option(help="A file of API keys, one line TENANT KEY each; without, nobody needs a key.")
]


def serve(
    catalog: CatalogOption = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 for any that is free.")] = 8080,
    keys: KeysOption = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Let everybody in who can reach HOST, although there are no keys.")
    ] = False,
    cors: Annotated[
        list[str] | None, typer.Option(help="An origin whose pages may call the server; repeatable. By default none.")
    ] = None,
    rate: Annotated[int, typer.Option(min=1, help="Requests a minute of one tenant.")] = 600,
    turns: Annotated[int, typer.Option(min=1, help="Turns in flight; further ones are told to come again.")] = 64,
    wait: Annotated[float, typer.Option(min=0, help="Seconds in a queue; who would wait longer comes again.")] = 4.0,
    page: Annotated[bool, typer.Option(help="Serve the page for listeners at /.")] = True,
    count: Annotated[int, typer.Option(min=1, max=50, help="Tracks in an answer unless somebody says how many.")] = 5,
    generator: Annotated[bool, typer.Option(help="Generate semantic IDs; without, search alone ranks.")] = True,
    data: DataOption = None,
) -> None:
    """Serve the agent over HTTP, with a page for listeners."""
    from segue.agent.commands.extras import needed

    needed("serve", "fastapi", "uvicorn", "prometheus_client")
    from segue.agent.commands.loading import catalog_folder, chosen_generator
    from segue.agent.music_agent import MusicAgent
    from segue.agent.settings import Settings
    from segue.tools.catalog.catalog import Catalog

    options = _options(host, keys, open_, cors or [], rate=rate, turns=turns, wait=wait, page=page)
    settings = Settings.load()
    opened = Catalog.open(catalog_folder(catalog, settings))

    def load() -> MusicAgent:
        chosen = chosen_generator(opened, settings, generator=generator)
        return MusicAgent(catalog=opened, generator=chosen, count=count, **settings.kept(data))

    with opened, listen(host, port) as listening:
        typer.echo(f"Segue serves {len(opened):,} tracks at {address(listening)}", err=True)
        _run(load, options, listening)


def _options(
    host: str, keys: Path | None, open_: bool, origins: list[str], *, rate: int, turns: int, wait: float, page: bool
) -> "ServeOptions":
    from segue.agent.serve.keys import KeyRing
    from segue.agent.serve.options import ServeOptions

    if keys is None and not open_ and host not in LOOPBACK:
        raise QueryError(f"{host} can be reached by others: give --keys FILE, or --open to let everybody in")
    for origin in origins:
        if origin != "*" and not origin.startswith(("http://", "https://")):
            raise QueryError(f"{origin!r} is no origin; write one like https://example.org")
    ring = None if keys is None else KeyRing.read(keys)
    options = ServeOptions(keys=ring, origins=tuple(origins), rate=rate, turns=turns, wait=wait, page=page)
    # Whoever needs a key, or is let in anyhow, may come by any name.
    return options if ring is None and not open_ else ServeOptions(**{**vars(options), "hosts": ()})


def _run(load: "Callable[[], MusicAgent]", options: "ServeOptions", listening: socket.socket) -> None:
    """Serve until told to stop; raise what kept the agent from being loaded."""
    import uvicorn

    from segue.agent.serve.app import create_app

    failures: list[Exception] = []

    def failed(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    app = create_app(load, options, failed=failed)
    server = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=DRAIN, server_header=False))
    with suppress(KeyboardInterrupt):
        server.run([listening])
    if failures:
        raise failures[0]


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens (UserError where it cannot)."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UserError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error


def address(listening: socket.socket) -> str:
    """Return where a socket listens, as one would type it into a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
