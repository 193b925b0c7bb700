"""The sequence generator behind vLLM, as a `Generator`: the same IDs as in process for the same weights and dialogue.

One ID that nothing limits to certain ones is one request: the server walks the 27 positions greedily under its mask,
and the log-probabilities on the way are the distribution. Many requests at once are batched by the server. Several IDs,
IDs from a given list, and draws are searched from here with the same beams as in process, one request a position, for
the server's own beam search knows neither draws nor how to score a missing modality.

Knows dialogues, codes and the client. It needs the base model's tokenizer and no network of its own.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any, Final

import httpx
import numpy as np
from numpy.typing import NDArray

from segue.generator.beam_rounds import answer, distribution_of, narrowed
from segue.generator.beam_search import Floats
from segue.generator.deadline import Deadline
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.errors import GenerationTimeout, GeneratorUnavailable
from segue.generator.health import Health
from segue.generator.interface import Generation, GenerationRequest
from segue.generator.layout import CodeLayout, Codes
from segue.generator.listener_token import read_token
from segue.generator.modality import POSITIONS
from segue.generator.prompt import PromptBuilder
from segue.generator.vllm.answer import Answer, Prompt, semantic_ids
from segue.generator.vllm.checkpoint import served_name
from segue.generator.vllm.client import IN_FLIGHT, PAUSE, WAITING, VllmClient
from segue.generator.vllm.loop import LoopThread
from segue.generator.vllm.soft_prompt import Embeddings, soft_prompt

TIMEOUT: Final = 3.0


class VllmGenerator:
    """A `Generator` (see `interface`) at the address `url`. Nothing is connected before the first request.

    `fingerprint` is that of the tokenizer whose codes the server must speak, `base` what identifies the base model (see
    `language_files.base_hash`), `weights` the SHA-256 of the exported safetensors; an empty one is not checked. No call
    takes longer than `timeout` seconds, or than its request's deadline where that is sooner. For `in_flight`,
    `waiting`, `pause` see `client`. `embeddings` are those of the server's model; soft tokens can be read with them
    only, see `ListeningVllmGenerator`.
    """

    name = "vllm"

    def __init__(
        self,
        url: str,
        prompts: PromptBuilder,
        *,
        fingerprint: str,
        base: str = "",
        weights: str = "",
        key: str | None = None,
        timeout: float = TIMEOUT,
        in_flight: int = IN_FLIGHT,
        waiting: int = WAITING,
        pause: float = PAUSE,
        transport: httpx.AsyncBaseTransport | None = None,
        embeddings: Embeddings | None = None,
    ) -> None:
        self.fingerprint = fingerprint
        self._embeddings = embeddings
        self._prompts = prompts
        self._timeout = timeout
        self._loop = LoopThread(f"segue-{self.name}")
        self._client = VllmClient(
            url, prompts.codec, served_name(fingerprint, base, weights), longest=prompts.max_tokens + 2 + POSITIONS,
            key=key, in_flight=in_flight, waiting=waiting, pause=pause, transport=transport,
        )  # fmt: skip

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""
        return self._prompts.codec.layout

    @property
    def is_down(self) -> bool:
        """Whether requests are turned away until a probe finds the server well again."""
        return self._client.breaker.is_open

    @property
    def state(self) -> Health:
        """How the server does; see `health.Watched`."""
        return self._client.state

    async def generate(self, request: GenerationRequest) -> Generation:
        """Answer a request; see `Generator`.

        Raises GenerationTimeout, GeneratorUnavailable where the server is down or overloaded, SemanticIdError, and
        TokenizerMismatch or WeightsCorrupt where the server holds another model.
        """
        deadline = self._deadline(request.deadline)
        deadline.check()
        _, banned = narrowed(self.layout, request)
        prompt = self._prompt(request.dialogue)
        user = self._user(request.user)
        if request.n > 1 or request.allowed is not None or request.seed is not None:
            return await self._searched(prompt, user, request, deadline)
        guide = await self._loop.run(self._client_walk(prompt, deadline, user=user))
        ids = guide.semantic_id()[None]
        if banned is not None and (banned == ids).all(axis=1).any():
            # The walk without bans differs from the one with them only where it ends at a banned ID.
            ids = semantic_ids([await self._loop.run(self._client_walk(prompt, deadline, user=user, banned=banned))])
        return Generation(distribution_of(self.layout, self._tables(guide)), ids)

    def distribution(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> CodeDistribution:
        """Return the distributions along the greedy path, from any thread; see `SequenceGenerator.distribution`.

        Raises what `generate` raises.
        """
        walk = self._client_walk(self._prompt(dialogue), self._deadline(None), user=self._user(user))
        return distribution_of(self.layout, self._tables(self._loop.submit(walk).result()))

    async def catalog_id(self, dialogue: Dialogue, banned: Codes | None = None) -> Codes:
        """Return the ID that a greedy walk among those of the server's own catalog ends at: uint8 [0 or 1, 27].

        The server must have been started with a code table; none comes out where all are banned. One request, but a
        greedy walk takes wrong turns early: `generate` with the IDs allowed searches with beams.
        """
        walk = self._client_walk(self._prompt(dialogue), self._deadline(None), banned=banned, catalog=True)
        return semantic_ids([await self._loop.run(walk)])

    async def health(self) -> None:
        """Let the server generate one token. Raises what `generate` raises."""
        await self._loop.run(self._client.health())

    async def aclose(self) -> None:
        """Cancel what runs and close all connections."""
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Do what `aclose` does, without a loop."""
        self._loop.close(self._client.aclose())

    def _deadline(self, seconds: float | None) -> Deadline:
        return Deadline(self._timeout if seconds is None else min(seconds, self._timeout))

    def _prompt(self, dialogue: Dialogue) -> list[int]:
        return [*self._prompts.prompt(dialogue).tolist(), self._prompts.codec.begin]

    async def _client_walk(
        self,
        prompt: list[int],
        deadline: Deadline,
        *,
        user: NDArray[np.float32] | None = None,
        banned: Codes | None = None,
        catalog: bool = False,
    ) -> Answer:
        asked = self._asked(prompt, user)
        (walked,) = await self._client.complete([asked], deadline, banned=banned, catalog=catalog)
        return walked

    def _user(self, user: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        """Return a soft token that can be read. Raises ValueError for any other."""
        if user is None:
            return None
        if self._embeddings is None:
            raise ValueError("a soft token needs the exported checkpoint that the server holds")
        read_token(user, self._embeddings.width)
        return user

    def _asked(self, prompt: list[int], user: NDArray[np.float32] | None) -> Prompt:
        if user is None or self._embeddings is None:
            return prompt
        return soft_prompt(self._embeddings, prompt, len(prompt) - 1, user)

    def _tables(self, guide: Answer) -> list[Floats]:
        try:
            return guide.whole_tables()
        except ValueError as error:
            raise GeneratorUnavailable(f"the generator answers nonsense: {error}") from error

    async def _searched(
        self, prompt: list[int], user: NDArray[np.float32] | None, request: GenerationRequest, deadline: Deadline
    ) -> Generation:
        def asked(path: list[int]) -> Prompt:
            if user is None or self._embeddings is None:
                return path
            return soft_prompt(self._embeddings, path, len(prompt) - 1, user)

        work = asyncio.to_thread(
            answer, lambda: _Steps(self._client, self._loop, prompt, asked, deadline), self.layout, request, deadline
        )
        try:
            async with asyncio.timeout(deadline.remaining):
                return await work
        except TimeoutError:
            raise deadline.passed() from None
        finally:
            deadline.stop()


class ListeningVllmGenerator(VllmGenerator):
    """The same with soft tokens, for whoever has the exported checkpoint that the server holds at hand."""

    def __init__(self, url: str, prompts: PromptBuilder, *, embeddings: Embeddings, **settings: Any) -> None:
        super().__init__(url, prompts, embeddings=embeddings, **settings)
        self.listener_width = embeddings.width
        """Dimensions of the soft token that it reads."""
        self.weights = embeddings.trained
        """SHA-256 of the weights that a soft token must have been learnt for."""


class _Steps:
    """The server's paths behind one prompt; see `beam_search.Steps`. Used in a thread that may wait."""

    def __init__(
        self,
        client: VllmClient,
        loop: LoopThread,
        prompt: list[int],
        asked: Callable[[list[int]], Prompt],
        deadline: Deadline,
    ) -> None:
        self._asked = asked
        self._client = client
        self._loop = loop
        self._deadline = deadline
        self._paths = [prompt]

    def tables(self, position: int) -> Floats:
        asked = self._client.complete(
            [self._asked(path) for path in self._paths], self._deadline, position=position, tokens=1
        )
        try:
            answers = self._loop.submit(asked).result()
            return np.stack([answer.whole_tables(position)[0] for answer in answers])
        except CancelledError:
            raise GenerationTimeout("this generator was closed before it answered") from None
        except (ValueError, IndexError) as error:
            raise GeneratorUnavailable(f"the generator answers nonsense: {error}") from error

    def advance(self, parents: Sequence[int], codes: Sequence[int], position: int) -> None:
        start = self._client.codec.base + int(self._client.codec.layout.offsets[position])
        self._paths = [[*self._paths[parent], start + code] for parent, code in zip(parents, codes, strict=True)]
