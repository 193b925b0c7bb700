"""`segue mcp`: the agent for assistants that speak the Model Context Protocol, over a pipe or over HTTP.

Knows how to read options and run a server; `segue.agent.serve.mcp_server` has the tools.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from segue.agent.commands.chat import CatalogOption, DataOption, UserOption
from segue.agent.commands.serve import DRAIN, LOOPBACK, KeysOption, address, listen
from segue.generator.errors import QueryError

if TYPE_CHECKING:
    import socket

    from segue.agent.serve.options import ServeOptions
    from segue.agent.serve.service import Service


def mcp(
    catalog: CatalogOption = None,
    user: UserOption = "local",
    http: Annotated[bool, typer.Option("--http", help="Serve streamable HTTP at /mcp instead of the pipe.")] = False,
    host: Annotated[str, typer.Option(help="With --http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --http: the port to listen on.")] = 8081,
    keys: KeysOption = None,
    count: Annotated[int, typer.Option(min=1, max=50, help="Tracks in an answer unless somebody says how many.")] = 5,
    generator: Annotated[bool, typer.Option(help="Generate semantic IDs; without, search alone ranks.")] = True,
    data: DataOption = None,
) -> None:
    """Let an assistant recommend music through the Model Context Protocol."""
    from segue.agent.commands.extras import needed

    needed("serve", "mcp", "uvicorn", "prometheus_client")
    from segue.agent.commands.loading import catalog_folder, chosen_generator
    from segue.agent.music_agent import MusicAgent
    from segue.agent.serve.keys import KeyRing
    from segue.agent.serve.options import ServeOptions
    from segue.agent.serve.service import Service
    from segue.agent.settings import Settings
    from segue.tools.catalog.catalog import Catalog

    if keys is None and http and host not in LOOPBACK:
        raise QueryError(f"{host} can be reached by others: give --keys FILE")
    if keys is not None and not http:
        raise QueryError("whoever holds the pipe needs no key: --keys goes with --http")
    options = ServeOptions(keys=None if keys is None else KeyRing.read(keys))
    settings = Settings.load()
    with Catalog.open(catalog_folder(catalog, settings)) as opened:

        def load() -> MusicAgent:
            chosen = chosen_generator(opened, settings, generator=generator)
            return MusicAgent(catalog=opened, generator=chosen, count=count, **settings.kept(data))

        service = Service(load, turns=options.turns, wait=options.wait)
        if not http:
            asyncio.run(_pipe(service, user))
            return
        with listen(host, port) as listening:
            typer.echo(f"Segue speaks MCP at {address(listening)}/mcp", err=True)
            asyncio.run(_http(service, options, None if keys else user, listening, host))


async def _pipe(service: "Service", user: str) -> None:
    """Serve standard input and output until they end. Nothing else is ever printed there."""
    from segue.agent.serve.mcp_server import mcp_server

    service.start()
    try:
        await mcp_server(service, user=user).run_stdio_async()
    finally:
        await service.aclose()


async def _http(
    service: "Service", options: "ServeOptions", user: str | None, listening: "socket.socket", host: str
) -> None:
    import uvicorn

    from segue.agent.serve.mcp_server import mcp_app

    service.start()
    try:
        config = uvicorn.Config(
            mcp_app(service, options, user, host=host), timeout_graceful_shutdown=DRAIN, server_header=False
        )
        await uvicorn.Server(config).serve([listening])
    finally:
        await service.aclose()
