"""One listener through every door of the real commands: what is said through one of them holds at all the others.

HTTP, OpenAI's client, the Model Context Protocol over a pipe and over HTTP, and the page in a browser; agents of their
own over the same data, none of them aware of the others. The server and the pipe are processes, as they are for users;
the third command runs in a thread, for a further start would show no more.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import httpx
import openai
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from playwright.sync_api import expect, sync_playwright

from segue.agent.cli import build_app
from segue.agent.commands.serve import address
from segue.tools.catalog.catalog import Catalog

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
USER = "ana"
pytestmark = pytest.mark.slow


@contextmanager
def running(*command: str) -> Iterator[str]:
    """Run a command that listens, and yield its address; it must end well when it is told to stop."""
    asked = [sys.executable, "-m", "segue", *command]
    with subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next(line for line in process.stderr if line.startswith("Segue ")).split()[-1]
        drained = threading.Thread(target=process.stderr.read)
        drained.start()
        try:
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            ended = process.wait(60)
            drained.join(5)
    assert ended in (0, -signal.SIGTERM)
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


@contextmanager
def in_thread(monkeypatch: pytest.MonkeyPatch, *command: str) -> Iterator[str]:
    """Run a command that listens in this process, and yield its address; it must end well when it is told to stop."""
    servers: list[uvicorn.Server] = []

    class Kept(uvicorn.Server):
        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            servers.append(self)

    monkeypatch.setattr(uvicorn, "Server", Kept)
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(build_app(), list(command), standalone_mode=False)
        try:
            deadline = time.monotonic() + 120
            while not (servers and servers[0].started):
                assert not ending.done(), ending.result()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield address(servers[0].servers[0].sockets[0])
        finally:
            for server in servers:
                server.should_exit = True
        ending.result(60)


@pytest.fixture(scope="module")
def given(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the options that all commands get: one catalog, one folder of data."""
    return ["--no-generator", "--catalog", str(catalog.root), "--data", str(tmp_path_factory.mktemp("data"))]


@pytest.fixture(scope="module")
def served(given: list[str]) -> Iterator[str]:
    """Run `segue serve`, and return its address once it is ready."""
    with running("serve", "--port", "0", *given) as address:
        deadline = time.monotonic() + 120
        while httpx.get(f"{address}/readyz", timeout=60).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield address


async def called(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return cast("dict[str, Any]", result.structured_content)


async def assist(client: Client, bans: set[str], also: str) -> None:
    """Talk as an assistant would, for a listener who has banned `bans` so far and now bans one more artist."""
    assert set((await called(client, "get_taste"))["never"]) == bans
    found = await called(client, "recommend", message="some jazz", thread=f"mcp-{also}")
    assert found["tracks"]
    assert not bans & {track["artist"] for track in found["tracks"]}
    await called(client, "give_feedback", track=found["tracks"][0]["id"], kind="liked", thread=f"mcp-{also}")
    more = await called(client, "recommend", message="more", thread=f"mcp-{also}")
    assert not {track["id"] for track in more["tracks"]} & {track["id"] for track in found["tracks"]}
    assert also in (await called(client, "edit_taste", change="never", name=also))["never"]


def test_one_listener_through_every_door(served: str, given: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def say(message: str) -> dict[str, Any]:
        said = {"message": message, "user": USER, "thread": "http"}
        return cast("dict[str, Any]", httpx.post(f"{served}/v1/turn", json=said, timeout=60).raise_for_status().json())

    first = say("some jazz")
    assert len(first["tracks"]) == 5
    assert "never play Radiohead" in say("never play Radiohead")["text"]
    asking = openai.OpenAI(base_url=f"{served}/v1", api_key="none")
    chunks = asking.chat.completions.create(
        model="segue", user=USER, messages=[{"role": "user", "content": "some rock"}], stream=True
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert "Song number" in text
    assert "Radiohead" not in text

    async def assisted() -> None:
        pipe = StdioServerParameters(command=sys.executable, args=["-m", "segue", "mcp", "--user", USER, *given])
        async with Client(pipe) as client:
            assert "data" in (client.instructions or "")
            await assist(client, {"Radiohead"}, "Can")
        with in_thread(monkeypatch, "mcp", "--http", "--port", "0", "--user", USER, *given) as url:
            async with Client(f"{url}/mcp") as client:
                await assist(client, {"Radiohead", "Can"}, "Sade")

    asyncio.run(assisted())
    offered = {track["artist"] for message in ("more", "some jazz") for track in say(message)["tracks"]}
    assert offered
    assert not offered & {"Radiohead", "Can", "Sade"}
    seen = httpx.get(f"{served}/v1/taste", params={"user": USER}).json()["taste"]
    assert {ban["name"] for ban in seen["bans"]} == {"Radiohead", "Can", "Sade"}


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (Debian: apt-get install chromium)")
def test_the_same_listener_at_the_page(served: str) -> None:
    changes = [{"change": "never", "name": "Björk"}]
    httpx.patch(f"{served}/v1/taste", json={"user": USER, "changes": changes}).raise_for_status()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_init_script(f"localStorage.setItem('segue-user', '{USER}')")
        page.goto(served)
        expect(page.get_by_role("list", name="Never")).to_contain_text("Björk")
        page.get_by_label("Your message").fill("some jazz")
        page.keyboard.press("Enter")
        expect(page.locator(".card")).to_have_count(5, timeout=30_000)
        expect(page.locator(".cards")).not_to_contain_text("Björk")
        browser.close()
