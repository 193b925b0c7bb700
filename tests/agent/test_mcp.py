"""The MCP server through the official client, in memory and over HTTP; `serve/test_doors.py` runs the real command."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx2
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from segue.agent.commands.serve import address, listen
from segue.agent.music_agent import MusicAgent
from segue.agent.serve.keys import KeyRing
from segue.agent.serve.mcp_server import mcp_app, mcp_server
from segue.agent.serve.options import ServeOptions
from segue.agent.serve.service import Service

Make = Callable[..., MusicAgent]
TOOLS = {"recommend", "give_feedback", "get_taste", "edit_taste", "search_catalog"}


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return cast("dict[str, Any]", result.structured_content)


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return "".join(getattr(part, "text", "") for part in result.content)


async def converse(client: Client) -> None:
    """Use every tool as an assistant would."""
    listed = (await client.list_tools()).tools
    assert {tool.name for tool in listed} == TOOLS
    assert all(tool.description and tool.output_schema for tool in listed)
    assert {tool.name for tool in listed if tool.annotations and tool.annotations.read_only_hint} == {
        "get_taste",
        "search_catalog",
    }
    first = await call(client, "recommend", message="some jazz", thread="t1")
    assert len(first["tracks"]) == 5
    assert all(track["reason"] for track in first["tracks"])
    liked = first["tracks"][0]
    said = await call(client, "give_feedback", track=liked["id"], kind="liked", thread="t1")
    assert liked["title"] in said["text"]
    taste = await call(client, "edit_taste", change="never", name="Dolly Parton")
    assert taste["receipt"] == "I'll never play Dolly Parton again."
    assert (await call(client, "get_taste"))["never"] == ["Dolly Parton"]
    assert liked["artist"] in (await call(client, "get_taste"))["likes"]
    more = await call(client, "recommend", message="more", thread="t1")
    assert "Dolly Parton" not in {track["artist"] for track in more["tracks"]}
    assert not {track["id"] for track in more["tracks"]} & {track["id"] for track in first["tracks"]}
    assert (await call(client, "edit_taste", change="undo"))["never"] == []
    found = await call(client, "search_catalog", query="Song number 7", k=2)
    assert found["tracks"][0]["title"] == "Song number 7"


@asynccontextmanager
async def served(make: Make, options: ServeOptions | None = None, user: str | None = "ana") -> Any:
    service = Service(make, turns=8)
    service.start()
    try:
        async with Client(mcp_server(service, user=user, options=options)) as client:
            yield client
    finally:
        await service.aclose()


async def test_every_tool_does_what_it_says(make: Make) -> None:
    async with served(make) as client:
        await converse(client)


async def test_listeners_are_told_apart(make: Make) -> None:
    async with served(make) as client:
        await call(client, "edit_taste", change="never", name="Can", user="ben")
        assert (await call(client, "get_taste", user="ben"))["never"] == ["Can"]
        assert (await call(client, "get_taste"))["never"] == []


async def test_mistakes_are_told_and_bugs_are_not(make: Make) -> None:
    async with served(make) as client:
        assert "nope" in await refused(client, "give_feedback", track="nope", kind="liked")
        assert "say a name or a track" in await refused(client, "edit_taste", change="never")
        assert "kind" in await refused(client, "give_feedback", track="t001", kind="adored")
        assert "user" in await refused(client, "get_taste", user="a\x00b")
    async with served(make, user=None) as client:
        assert "say the user" in await refused(client, "get_taste")

    def broken() -> MusicAgent:
        agent = make()

        async def taste(user: str) -> None:
            raise RuntimeError("password is hunter2")

        agent.taste = taste  # type: ignore[assignment,method-assign]
        return agent

    async with served(broken) as client:
        assert "hunter2" not in await refused(client, "get_taste")


@asynccontextmanager
async def over_http(make: Make, options: ServeOptions, user: str | None) -> Any:
    service = Service(make, turns=8)
    service.start()
    with listen("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(mcp_app(service, options, user), log_level="warning"))
        running = asyncio.create_task(server.serve([listening]))
        try:
            yield f"{address(listening)}/mcp"
        finally:
            server.should_exit = True
            await running
            await service.aclose()


async def test_the_same_over_http(make: Make) -> None:
    async with over_http(make, ServeOptions(), "ana") as url, Client(url) as client:
        await converse(client)


async def test_over_http_a_key_says_whose_listeners_are_meant(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("acme acme-key-0123456789\nbeta beta-key-0123456789\n")
    options = ServeOptions(keys=KeyRing.read(file))

    @asynccontextmanager
    async def keyed(url: str, key: str) -> Any:
        sender = httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"})
        async with sender, Client(streamable_http_client(url, http_client=sender)) as client:
            yield client

    async with over_http(make, options, None) as url:
        async with keyed(url, "acme-key-0123456789") as acme, keyed(url, "beta-key-0123456789") as beta:
            await call(acme, "edit_taste", change="never", name="Can", user="ana")
            assert (await call(acme, "get_taste", user="ana"))["never"] == ["Can"]
            assert (await call(beta, "get_taste", user="ana"))["never"] == []
        async with httpx2.AsyncClient() as stranger:
            response = await stranger.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert response.status_code == 401
    assert "key" in response.json()["error"]["message"]
