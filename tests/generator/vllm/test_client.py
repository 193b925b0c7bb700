"""A server is killed, hangs, drips, lies, is overloaded: each call ends in time, and the server is found again."""

import asyncio
import time
from collections.abc import Iterator

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from segue.generator.continuations import Continuations
from segue.generator.contract import GeneratorContract
from segue.generator.dialogue import Dialogue
from segue.generator.errors import GenerationTimeout, GeneratorUnavailable, TokenizerMismatch, WeightsCorrupt
from segue.generator.interface import GenerationRequest, Generator
from segue.generator.layout import CodeLayout
from segue.generator.prompt import PromptBuilder, codec_for
from segue.generator.vllm.checkpoint import served_name
from segue.generator.vllm.fake_server import FakeEmbeddings, FakeServer, Mood
from segue.generator.vllm.generator import ListeningVllmGenerator, VllmGenerator

LAYOUT = CodeLayout(((6, 4, 3),) * 9)
WISH = GenerationRequest(Dialogue.of("some mellow 90s rock"))
CATALOG = np.tile(np.arange(1, 4, dtype=np.uint8)[:, None], (1, 27)) % np.tile([7, 3, 2], 9).astype(np.uint8)


@pytest.fixture(scope="module")
def prompts(smollm_tokenizer: PreTrainedTokenizerFast) -> PromptBuilder:
    return PromptBuilder(smollm_tokenizer, codec_for(smollm_tokenizer, LAYOUT))


@pytest.fixture
def server(prompts: PromptBuilder) -> Iterator[FakeServer]:
    catalog = Continuations(LAYOUT, allowed=CATALOG)
    server = FakeServer(prompts.codec, served_name("tok", "base", "weights"), catalog).start()
    yield server
    server.kill()


@pytest.fixture
def generator(server: FakeServer, prompts: PromptBuilder) -> Iterator[VllmGenerator]:
    generator = VllmGenerator(server.url, prompts, fingerprint="tok", timeout=0.8, pause=0.05)
    yield generator
    generator.close()


class TestVllmContract(GeneratorContract):
    @pytest.fixture(autouse=True)
    def _server(self, server: FakeServer, prompts: PromptBuilder) -> None:
        self.server, self.prompts = server, prompts

    def make_generator(self) -> Generator:
        return VllmGenerator(self.server.url, self.prompts, fingerprint="tok", timeout=20)


class TestContractWithSoftTokens(TestVllmContract):
    def make_generator(self) -> Generator:
        return ListeningVllmGenerator(
            self.server.url, self.prompts, fingerprint="tok", timeout=20, embeddings=FakeEmbeddings()
        )

    async def test_beams_hear_the_token_that_a_walk_hears(self) -> None:
        generator = self.make_generator()
        user = np.arange(1, 5, dtype=np.float32)
        wish = Dialogue.of("anything")
        walked = await generator.generate(GenerationRequest(wish, user=user))
        searched = await generator.generate(GenerationRequest(wish, user=user, allowed=walked.ids))
        assert np.array_equal(walked.ids, searched.ids)
        for one, two in zip(walked.distribution.soft_tables(), searched.distribution.soft_tables(), strict=True):
            np.testing.assert_allclose(one, two, atol=1e-5)
        await generator.aclose()


async def test_a_token_without_embeddings_is_refused(generator: VllmGenerator) -> None:
    with pytest.raises(ValueError, match="exported checkpoint"):
        await generator.generate(GenerationRequest(Dialogue.of("rock"), user=np.zeros(4, dtype=np.float32)))


async def _fails(generator: VllmGenerator) -> GeneratorUnavailable | GenerationTimeout:
    """Return the typed error of a call, which must come within the deadline and half a second."""
    began = time.monotonic()
    with pytest.raises((GeneratorUnavailable, GenerationTimeout)) as caught:
        await generator.generate(WISH)
    assert time.monotonic() - began < 0.8 + 0.5
    assert isinstance(caught.value, GeneratorUnavailable | GenerationTimeout)
    return caught.value


async def _recovers(generator: VllmGenerator) -> None:
    for _ in range(500):
        if not generator.is_down:
            break
        await asyncio.sleep(0.02)
    assert (await generator.generate(WISH)).ids.shape == (1, 27)


@pytest.mark.parametrize("mood", ["hang", "drip", "garbage", "error", "overload", "cut"])
async def test_each_call_ends_in_time_and_a_healed_server_is_found(
    server: FakeServer, generator: VllmGenerator, mood: Mood
) -> None:
    await generator.generate(WISH)
    server.mood = mood
    for _ in range(3):
        await _fails(generator)
    assert generator.is_down
    began = time.monotonic()
    assert "is down" in str(await _fails(generator))
    assert time.monotonic() - began < 0.1  # nobody waits for a server that is known to be down
    server.mood = "well"
    await _recovers(generator)


async def test_a_killed_server_is_found_when_it_is_back(server: FakeServer, generator: VllmGenerator) -> None:
    server.delay = 0.5
    running = asyncio.create_task(generator.generate(WISH))
    assert await asyncio.to_thread(server.begun.wait, 5)
    server.kill()
    with pytest.raises(GeneratorUnavailable):
        await running
    for _ in range(2):
        await _fails(generator)
    assert generator.is_down
    server.delay = 0
    server.start()
    await _recovers(generator)


async def test_one_failure_does_not_close_the_door(server: FakeServer, generator: VllmGenerator) -> None:
    server.mood = "error"
    await _fails(generator)
    server.mood = "well"
    await generator.generate(WISH)
    server.mood = "error"
    for _ in range(2):
        await _fails(generator)
    assert not generator.is_down


async def test_a_caller_without_patience_does_not_blame_the_server(
    server: FakeServer, generator: VllmGenerator
) -> None:
    server.delay = 0.3
    for _ in range(5):
        with pytest.raises(GenerationTimeout):
            await generator.generate(GenerationRequest(WISH.dialogue, deadline=0.05))
    assert not generator.is_down


async def test_no_more_are_with_the_server_than_agreed_and_too_many_are_told(
    server: FakeServer, prompts: PromptBuilder
) -> None:
    server.delay = 0.1
    generator = VllmGenerator(server.url, prompts, fingerprint="tok", in_flight=2, waiting=3, timeout=5)
    answers = await asyncio.gather(*(generator.generate(WISH) for _ in range(20)), return_exceptions=True)
    await generator.aclose()
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refused) == 15
    assert all(isinstance(error, GeneratorUnavailable) and "busy" in str(error) for error in refused)
    assert server.most_at_once == 2


async def test_a_cancelled_call_leaves_its_place_to_others(server: FakeServer, prompts: PromptBuilder) -> None:
    server.delay = 30
    generator = VllmGenerator(server.url, prompts, fingerprint="tok", in_flight=1, timeout=60)
    abandoned = asyncio.create_task(generator.generate(WISH))
    assert await asyncio.to_thread(server.begun.wait, 5)
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    server.delay = 0
    assert len((await asyncio.wait_for(generator.generate(WISH), 5)).ids) == 1
    await generator.aclose()


@pytest.mark.parametrize(
    ("fingerprint", "weights", "error"), [("other", "", TokenizerMismatch), ("tok", "other", WeightsCorrupt)]
)
async def test_a_server_with_another_model_is_refused(
    server: FakeServer, prompts: PromptBuilder, fingerprint: str, weights: str, error: type[Exception]
) -> None:
    generator = VllmGenerator(server.url, prompts, fingerprint=fingerprint, weights=weights)
    with pytest.raises(error):
        await generator.generate(WISH)
    await generator.aclose()


async def test_a_server_that_reads_too_little_is_told_to_read_more(
    server: FakeServer, generator: VllmGenerator
) -> None:
    server.room = 100
    for _ in range(4):
        with pytest.raises(GeneratorUnavailable, match="--max-model-len"):
            await generator.generate(WISH)
    assert not generator.is_down
    server.room = 4096
    await generator.generate(WISH)


async def test_only_ids_of_the_servers_catalog_come_out(generator: VllmGenerator) -> None:
    known = {row.tobytes() for row in CATALOG}
    first = await generator.catalog_id(WISH.dialogue)
    assert first[0].tobytes() in known
    second = await generator.catalog_id(WISH.dialogue, banned=first)
    assert second[0].tobytes() in known - {first[0].tobytes()}
    assert not len(await generator.catalog_id(WISH.dialogue, banned=CATALOG))


async def test_a_ban_of_what_is_likeliest_gives_the_next_best(generator: VllmGenerator) -> None:
    free = await generator.generate(WISH)
    kept = await generator.generate(GenerationRequest(WISH.dialogue, banned=free.ids))
    assert kept.ids.shape == (1, 27)
    assert not np.array_equal(kept.ids, free.ids)
    for one, two in zip(free.distribution.soft_tables(), kept.distribution.soft_tables(), strict=True):
        assert np.array_equal(one, two)


def test_the_distribution_is_there_at_once_for_threads(generator: VllmGenerator) -> None:
    generation = asyncio.run(generator.generate(WISH))
    assert np.array_equal(generator.distribution(WISH.dialogue).best, generation.ids[0])
