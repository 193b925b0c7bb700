"""A real server on a real port over agents with a scripted mind; clients of two tenants."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from segue.agent.fake import fakes
from segue.agent.music_agent import MusicAgent
from segue.agent.serve.app import create_app
from segue.agent.serve.keys import KeyRing
from segue.agent.serve.options import ServeOptions
from segue.agent.wish import Command, Facets, Wish
from segue.tools.catalog.catalog import Catalog

KEYS = {"acme": "acme-key-0123456789", "beta": "beta-key-0123456789"}
WISHES = {
    "never play country": Wish(act="control", text="", command=Command(name="never"), want=Facets(genres=("country",))),
    "what do you know of me?": Wish(act="control", text="", command=Command(name="show_taste")),
}


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Run an application under uvicorn, and yield its address once it is ready."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    if httpx.get(f"{address}/readyz").status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield address
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]


@pytest.fixture
def run() -> Run:
    """Return what runs a server: a context manager that yields its address."""
    return running


@pytest.fixture
def make_app(catalog: Catalog, tmp_path: Path) -> MakeApp:
    """Return a maker of servers over a small catalog; arguments are options, `parts` those of the agent."""

    def make(parts: dict[str, Any] | None = None, **options: Any) -> FastAPI:
        given = {**fakes(catalog, WISHES), **(parts or {})}
        return create_app(lambda: MusicAgent(catalog=catalog, data=tmp_path / "data", **given), ServeOptions(**options))

    return make


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    """Return the keys of two tenants."""
    file = tmp_path / "keys"
    file.write_text("".join(f"{tenant} {key}\n" for tenant, key in KEYS.items()))
    return KeyRing.read(file)


@pytest.fixture
def server(make_app: MakeApp) -> Iterator[str]:
    """Run a server without keys, and return its address."""
    with running(make_app()) as address:
        yield address


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    """Return a client of it."""
    with httpx.Client(base_url=server) as made:
        yield made
