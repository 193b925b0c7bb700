"""A real vLLM server with a small model: it keeps the generators' contract and says what the same weights say here.

Run by `make test-vllm`, which sets the environment up. On a CPU the server starts in about 40 seconds.
"""

import asyncio
import base64
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import torch
from mcp import Client, StdioServerParameters
from playwright.sync_api import expect, sync_playwright
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from segue.evals.bench.serving_trials import serving
from segue.generator import base_model
from segue.generator.codes import CodeTable
from segue.generator.contract import GeneratorContract
from segue.generator.dialogue import Dialogue
from segue.generator.errors import GenerationTimeout, GeneratorUnavailable, TokenizerMismatch
from segue.generator.export import write_checkpoint
from segue.generator.interface import GenerationRequest, Generator
from segue.generator.language import MusicLanguageModel
from segue.generator.language_files import base_hash
from segue.generator.layout import UNKNOWN
from segue.generator.prompt import PromptBuilder, codec_for
from segue.generator.sequence import SequenceGenerator
from segue.generator.shipped import PROMPT_TOKENS
from segue.generator.tokenizer_files import read_fingerprint
from segue.generator.vllm.generator import VllmGenerator

pytestmark = [pytest.mark.vllm, pytest.mark.slow]
ROOT = Path(__file__).parents[3]
VENV = ROOT / ".venv-vllm"
FINGERPRINT = read_fingerprint()
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTH = 64
WISHES = ("some mellow 90s rock", "play Radiohead", "🎸" * 20)


@dataclass
class Served:
    """A running server and the same model in process."""

    url: str
    process: "subprocess.Popen[bytes]"
    here: SequenceGenerator
    prompts: PromptBuilder
    codes: np.ndarray[Any, np.dtype[np.uint8]]
    """The IDs of the server's code table."""

    def generator(self, **settings: Any) -> VllmGenerator:
        usual: dict[str, Any] = {"fingerprint": FINGERPRINT, "base": base_hash(base_model.BUNDLED), "timeout": 60}
        return VllmGenerator(self.url, self.prompts, **usual | settings)


def small_model(tokenizer: PreTrainedTokenizerFast) -> MusicLanguageModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), tie_word_embeddings=True, hidden_size=WIDTH, intermediate_size=96,
        num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=1024,
    )  # fmt: skip
    make: Any = LlamaForCausalLM  # its constructor is not typed
    base = make(config)
    music = MusicLanguageModel(base, codec_for(tokenizer), rank=2)
    with torch.no_grad():
        music.rows.mul_(40)  # far from even, so that paths differ in their scores
        for name, part in music.changes().items():
            if "lora_B" in name:
                part.normal_(std=0.1)
    return music


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, smollm_tokenizer: PreTrainedTokenizerFast) -> Iterator[Served]:
    if not (VENV / ".ready").is_file():
        pytest.skip(f"{VENV.name} is not there: scripts/install_vllm.sh says why vLLM cannot be had here")
    folder = tmp_path_factory.mktemp("vllm")
    prompts = PromptBuilder(smollm_tokenizer, max_tokens=PROMPT_TOKENS)
    here = SequenceGenerator(small_model(smollm_tokenizer).fold(), prompts, fingerprint=FINGERPRINT)
    words = base_model.load_tokenizer()
    write_checkpoint(
        small_model(words), folder / "model", tokenizer=FINGERPRINT, base=base_model.BUNDLED, dtype="float32"
    )
    codes = np.random.default_rng(0).integers(1, 31, size=(50, 27)).astype(np.uint8)
    table = CodeTable.build(codes, layout=here.layout, fingerprint=FINGERPRINT, catalog="c")
    table.save(folder / "codes")
    port = free_port()
    given = {"MODEL": str(folder / "model"), "PORT": str(port), "CODES": str(folder / "codes"), "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", str(ROOT / "scripts/serve_vllm.sh")], cwd=ROOT, env=os.environ | given, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            wait(f"http://127.0.0.1:{port}", process, folder / "log")
            yield Served(f"http://127.0.0.1:{port}", process, here, prompts, codes)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)
            asyncio.run(here.aclose())


def wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server is there; fail with the end of its log where it does not come."""
    end = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < end:
        try:
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(1)
    pytest.fail(f"vLLM does not start:\n{log.read_text(errors='replace')[-4000:]}")


class TestServedContract(GeneratorContract):
    @pytest.fixture(autouse=True)
    def _served(self, served: Served) -> None:
        self.served = served

    def make_generator(self) -> Generator:
        return self.served.generator()


async def test_the_same_ids_and_probabilities_as_in_process(served: Served) -> None:
    there = served.generator()
    for text in WISHES:
        dialogue = Dialogue.of(text)
        one = await served.here.generate(GenerationRequest(dialogue, n=4))
        requests = [
            GenerationRequest(dialogue),
            GenerationRequest(dialogue, n=4),
            GenerationRequest(dialogue, banned=one.ids[:2]),
            GenerationRequest(dialogue, n=2, allowed=served.codes),
            GenerationRequest(dialogue, n=2, seed=3),
        ]
        for request in requests:
            mine, other = await served.here.generate(request), await there.generate(request)
            assert np.array_equal(mine.ids, other.ids)
            for left, right in zip(mine.distribution.soft_tables(), other.distribution.soft_tables(), strict=True):
                np.testing.assert_allclose(left, right, atol=1e-3)
    await there.aclose()


async def test_only_ids_of_the_catalog_come_out_and_bans_hold(served: Served) -> None:
    there = served.generator()
    known = {row.tobytes() for row in served.codes}
    banned = np.empty((0, 27), dtype=np.uint8)
    for _ in range(4):
        found = await there.catalog_id(Dialogue.of("rock"), banned=banned)
        assert found[0].tobytes() in known - {row.tobytes() for row in banned}
        banned = np.concatenate((banned, found))
    assert not len(await there.catalog_id(Dialogue.of("rock"), banned=served.codes))
    await there.health()  # what cannot be fulfilled does not end the engine
    await there.aclose()


def post(served: Served, **given: Any) -> httpx.Response:
    name = httpx.get(f"{served.url}/v1/models").json()["data"][0]["id"]
    asked = {
        "model": name, "prompt": [served.prompts.codec.begin], "max_tokens": 28, "ignore_eos": True, "logprobs": 1,
        "return_tokens_as_token_ids": True, "vllm_xargs": {"segue_position": 0}, "add_special_tokens": False,
    }  # fmt: skip
    return httpx.post(f"{served.url}/v1/completions", json=asked | given, timeout=60)


def legal(served: Served, response: httpx.Response) -> None:
    codec = served.prompts.codec
    assert response.is_success, response.text
    for choice in response.json()["choices"]:
        tokens = [int(text.removeprefix("token_id:")) for text in choice["logprobs"]["tokens"]]
        codes = codec.from_tokens([codec.begin, *tokens])  # raises for anything that is no semantic ID
        assert (codes[::3] != UNKNOWN).all()


def test_whatever_is_drawn_is_a_legal_id(served: Served) -> None:
    legal(served, post(served, n=8, temperature=2.0, seed=1))


def test_soft_prompts_are_masked_too(served: Served) -> None:
    stored = io.BytesIO()
    torch.save(torch.randn(7, WIDTH), stored)
    encoded = base64.b64encode(stored.getvalue()).decode()
    legal(served, post(served, prompt=None, prompt_embeds=encoded, temperature=2.0, seed=2))


@pytest.mark.parametrize(
    "arguments",
    [{"segue_position": 99}, {"segue_banned": "ff"}, {"segue_position": 0, "segue_banned": "zz"}, {"segue_x": 1}],
)
def test_arguments_that_mean_nothing_are_refused(served: Served, arguments: dict[str, Any]) -> None:
    assert post(served, vllm_xargs=arguments).status_code == 400


async def test_requests_at_once_are_batched(served: Served) -> None:
    there = served.generator(in_flight=16)

    async def seconds(together: int) -> float:
        began = time.monotonic()
        for start in range(0, 8, together):
            wishes = (GenerationRequest(Dialogue.of(f"wish {start + n}")) for n in range(together))
            await asyncio.gather(*(there.generate(wish) for wish in wishes))
        return time.monotonic() - began

    await seconds(8)
    alone, batched = await seconds(1), await seconds(8)
    assert batched < alone
    await there.aclose()


async def test_another_tokenizers_codes_are_refused(served: Served) -> None:
    there = served.generator(fingerprint="f" * 32)
    with pytest.raises(TokenizerMismatch):
        await there.generate(GenerationRequest(Dialogue.of("rock")))
    await there.aclose()


def test_every_door_of_the_commands_leads_to_it(served: Served, tmp_path: Path) -> None:
    settings = {"SEGUE_GENERATOR_URL": served.url, "SEGUE_GENERATOR_TIMEOUT": "4.9"}
    with serving([], tmp_path, settings) as server:
        # The first token of a cold server may take longer than a check waits; the next check finds it well.
        for _ in range(120):
            ready = httpx.get(f"{server.url}/readyz").json()
            if ready["generator"]["up"]:
                break
            time.sleep(0.5)
        assert (ready["status"], ready["generator"]["breaker"]) == ("ready", "closed"), ready
        said = {"message": "mellow 90s trip hop", "user": "ana"}
        turn = httpx.post(f"{server.url}/v1/turn", json=said, timeout=60).json()
        assert len(turn["tracks"]) == 5
        assert turn["degraded"] == []
        asking = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none")
        messages: Any = [{"role": "user", "content": "some jazz for a rainy day"}]
        answer = asking.chat.completions.create(model="segue", messages=messages, user="ana")
        assert (answer.model_extra or {})["segue"]["degraded"] == []
        if CHROMIUM is not None:  # tests/agent/serve/test_page.py says that the page was not opened
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                page = browser.new_page()
                page.goto(server.url)
                page.get_by_role("button", name="quiet piano music to read to").click()
                expect(page.locator(".card")).to_have_count(5, timeout=30_000)
                expect(page.locator("#log")).to_have_attribute("aria-busy", "false")
                expect(page.locator(".receipts .degraded")).to_have_count(0)
                browser.close()

    async def assisted() -> list[str]:
        command = ["-m", "segue", "mcp", "--data", str(tmp_path / "mcp")]
        pipe = StdioServerParameters(command=sys.executable, args=command, env={**os.environ, **settings})
        async with Client(pipe) as client:
            found = await client.call_tool("recommend", {"message": "sad songs in French"})
        assert found.structured_content is not None
        assert found.structured_content["tracks"]
        return list(found.structured_content["receipts"])

    assert not [told for told in asyncio.run(assisted()) if "Ranked without" in told]


async def test_a_server_that_hung_is_found_again_within_half_a_minute(served: Served) -> None:
    wish = GenerationRequest(Dialogue.of("rock"))
    warm = served.generator()
    await warm.generate(wish)
    await warm.aclose()
    there = served.generator(timeout=3)
    os.killpg(served.process.pid, signal.SIGSTOP)
    try:
        while not there.is_down:
            began = time.monotonic()
            with pytest.raises((GeneratorUnavailable, GenerationTimeout)):
                await there.generate(wish)
            assert time.monotonic() - began < 3.5
    finally:
        os.killpg(served.process.pid, signal.SIGCONT)
    async with asyncio.timeout(30):
        for _ in range(300):
            if not there.is_down:
                break
            await asyncio.sleep(0.1)
    assert not there.is_down
    await there.aclose()


async def test_a_whole_dialogue_on_the_server_and_without_it(served: Served, tmp_path: Path) -> None:
    """Last but one, for it ends the server: what was asked of it is then ranked by search, and the answer says so."""
    from segue.agent.music_agent import MusicAgent

    there = served.generator(timeout=4)
    agent = await asyncio.to_thread(MusicAgent, data=tmp_path, generator=there)
    asked = ("some mellow 90s rock", "more like the second one", "but nothing by Radiohead")
    for message in asked:
        turn = await agent.turn(message)
        assert turn.tracks
        assert turn.degraded == ()
    os.killpg(served.process.pid, signal.SIGKILL)
    for number in range(4):
        turn = await agent.turn("some mellow 90s rock", thread=f"later {number}")
        assert turn.tracks
        assert any("Ranked without generator" in text for text in turn.degraded)
    await agent.aclose()
    await there.aclose()


async def test_a_killed_server_is_told_within_the_deadline(served: Served) -> None:
    if served.process.poll() is None:
        os.killpg(served.process.pid, signal.SIGKILL)
    there = served.generator(timeout=3)
    for _ in range(4):
        began = time.monotonic()
        with pytest.raises((GeneratorUnavailable, GenerationTimeout)):
            await there.generate(GenerationRequest(Dialogue.of("rock")))
        assert time.monotonic() - began < 3.5
    assert there.is_down
    await there.aclose()
