"""How the generator does, as those who run the server see it: well, failing, down, and back."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from segue.agent.music_agent import MusicAgent
from segue.agent.serve import service
from segue.generator.base_model import load_tokenizer
from segue.generator.layout import CodeLayout
from segue.generator.prompt import PromptBuilder, codec_for
from segue.generator.vllm.checkpoint import served_name
from segue.generator.vllm.fake_server import FakeServer
from segue.generator.vllm.generator import VllmGenerator

MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]


@pytest.fixture(scope="module")
def prompts() -> PromptBuilder:
    tokenizer = load_tokenizer()
    return PromptBuilder(tokenizer, codec_for(tokenizer, CodeLayout(((6, 4, 3),) * 9)))


@pytest.fixture
def generating(prompts: PromptBuilder, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """Return the server of the generator that every agent has from now on; it is checked often."""
    server = FakeServer(prompts.codec, served_name("tok", "base", "weights")).start()
    generator = VllmGenerator(server.url, prompts, fingerprint="tok", pause=0.05)
    monkeypatch.setattr(MusicAgent, "generator", property(lambda agent: generator))
    monkeypatch.setattr(service, "CHECK", 0.05)
    yield server
    generator.close()
    server.kill()


def until(url: str, **wanted: Any) -> dict[str, Any]:
    """Return what /readyz says of the generator once it says what is wanted; it stays ready all the while."""
    deadline = time.monotonic() + 20
    while True:
        response = httpx.get(f"{url}/readyz")
        assert response.status_code == 200, "a server that answers stays in rotation"
        told: dict[str, Any] = response.json()
        flat = {"status": told["status"], **told["generator"]}
        if all(flat[name] == value for name, value in wanted.items()):
            return flat
        assert time.monotonic() < deadline, told
        time.sleep(0.02)


@pytest.mark.parametrize("mood", ["garbage", "killed"])
def test_a_generator_that_is_down_degrades_a_server_that_stays_ready(
    make_app: MakeApp, run: Run, generating: FakeServer, mood: Any
) -> None:
    with run(make_app()) as url:
        well = until(url, status="ready", up=True, breaker="closed")
        assert well["answered_seconds_ago"] < 20
        assert well["checked_seconds_ago"] is not None, "an idle server asks for a token by itself"
        assert "segue_generator_up 1.0" in httpx.get(f"{url}/metrics").text
        if mood == "killed":
            generating.kill()
        else:
            generating.mood = mood
        down = until(url, status="degraded", up=False, breaker="open")
        assert down["failed_seconds_ago"] is not None
        figures = httpx.get(f"{url}/metrics").text
        assert "segue_generator_up 0.0" in figures
        assert "segue_generator_breaker_open 1.0" in figures
        assert httpx.post(f"{url}/v1/turn", json={"message": "x", "user": "ana"}).status_code == 200
        if mood == "killed":
            generating.start()
        generating.mood = "well"
        until(url, status="ready", up=True, breaker="closed")
        assert "segue_generator_breaker_open 0.0" in httpx.get(f"{url}/metrics").text


def test_a_server_that_holds_another_model_is_not_well(make_app: MakeApp, run: Run, generating: FakeServer) -> None:
    generating.name = str(served_name("other", "base", "weights"))
    with run(make_app()) as url:
        told = until(url, status="degraded", up=False)
    assert told["answered_seconds_ago"] is None


def test_a_generator_in_process_is_no_matter_of_health(client: httpx.Client) -> None:
    assert client.get("/readyz").json()["generator"] is None
    assert "segue_generator_up" not in client.get("/metrics").text
