"""The connection to one server: every call ends within its deadline, with an answer or a typed error.

At most `in_flight` requests are with the server at once, for it batches those; `waiting` more stand in line here, and
further ones are turned away at once. After some failures in a row (refused, hung, dripping, nonsense, 5xx) the breaker
opens: calls fail at once, and every `pause` seconds a real one-token generation tries whether the server is well again.

The server's model is checked by its name (see `checkpoint`) before the first request and after each failure of the
server. Belongs to one event loop. Knows HTTP and codes; no dialogues.
"""

import asyncio
import json
import logging
import time
from collections.abc import Sequence
from typing import Final

import httpx

from segue.generator.codec import Codec
from segue.generator.deadline import Deadline
from segue.generator.errors import GenerationTimeout, GeneratorUnavailable, TokenizerMismatch, WeightsCorrupt
from segue.generator.health import Health
from segue.generator.layout import Codes
from segue.generator.modality import POSITIONS
from segue.generator.vllm.answer import Answer, Prompt, body, read_answers
from segue.generator.vllm.breaker import Breaker
from segue.generator.vllm.checkpoint import ServedName

IN_FLIGHT: Final = 16
WAITING: Final = 64
PAUSE: Final = 5.0
PROBE: Final = 5.0
"""Seconds for a probe."""
_PATIENCE: Final = 0.5
"""Seconds that a server must have had before its silence counts as a failure: a caller may have come late."""
_MOST_BYTES: Final = 64 << 20
_BUSY: Final = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)
_log = logging.getLogger(__name__)


class VllmClient:
    """A server at `url`.

    `expected` holds the fingerprints that the model must have, an empty one means any; `longest` are the tokens of the
    longest request, its answer counted.
    """

    def __init__(
        self,
        url: str,
        codec: Codec,
        expected: ServedName,
        *,
        longest: int,
        key: str | None = None,
        in_flight: int = IN_FLIGHT,
        waiting: int = WAITING,
        pause: float = PAUSE,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/").removesuffix("/v1")
        self.codec = codec
        self._expected = expected
        self._longest = longest
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            # The deadline of each call is the only clock: it also ends answers that drip.
            timeout=None,
            limits=httpx.Limits(max_connections=in_flight + 2),
            transport=transport,
            trust_env=False,
        )
        self._slots = asyncio.Semaphore(in_flight)
        self._room = in_flight + waiting
        self._present = 0
        self._pause = pause
        self._model: str | None = None
        self._identifying = asyncio.Lock()
        self._probing: asyncio.Task[None] | None = None
        self.breaker = Breaker()
        self._answered: float | None = None
        self._last_check: float | None = None
        self._went_wrong: float | None = None

    @property
    def state(self) -> Health:
        """How the server does, as far as it is known."""
        return Health(self.breaker.is_open, self._answered, self._last_check, self._went_wrong)

    async def complete(
        self,
        prompts: Sequence[Prompt],
        deadline: Deadline,
        *,
        position: int = 0,
        tokens: int = POSITIONS,
        banned: Codes | None = None,
        catalog: bool = False,
    ) -> list[Answer]:
        """Return the likeliest `tokens` codes from `position` on, after each prompt; see `answer.body`.

        Raises GenerationTimeout, GeneratorUnavailable, and TokenizerMismatch or WeightsCorrupt for a server that holds
        another model.
        """
        deadline.check()
        if self.breaker.is_open:
            raise GeneratorUnavailable(f"the generator is down ({self.breaker.reason})")
        if self._present >= self._room:
            raise GeneratorUnavailable(f"the generator is busy: {self._present} requests are with it already")
        self._present += 1
        try:
            async with asyncio.timeout(deadline.remaining) as clock, self._slots:
                if self.breaker.is_open:
                    raise GeneratorUnavailable(f"the generator is down ({self.breaker.reason})")
                began = asyncio.get_running_loop().time()
                try:
                    return await self._ask(prompts, position, tokens, banned, catalog)
                except asyncio.CancelledError:
                    # Cancelled by the clock, not by the caller: the server has been silent.
                    if clock.expired() and asyncio.get_running_loop().time() - began >= _PATIENCE:
                        self._failed("it does not answer in time")
                    raise
        except TimeoutError:
            raise deadline.passed() from None
        finally:
            self._present -= 1

    async def health(self, seconds: float = PROBE) -> None:
        """Generate one token, past the breaker and the line. Raises what `complete` raises."""
        deadline = Deadline(seconds)
        try:
            async with asyncio.timeout(seconds):
                self._model = None
                await self._ask([[self.codec.begin]], 0, 1, None, False)
        except TimeoutError:
            self._failed("it does not answer in time")
            raise deadline.passed() from None
        except (GeneratorUnavailable, TokenizerMismatch, WeightsCorrupt):
            self._went_wrong = time.time()  # also where it answers, but not as what it must be
            raise
        finally:
            self._last_check = time.time()

    async def aclose(self) -> None:
        """Close all connections."""
        if self._probing is not None:
            self._probing.cancel()
        await self._http.aclose()

    async def _ask(
        self, prompts: Sequence[Prompt], position: int, tokens: int, banned: Codes | None, catalog: bool
    ) -> list[Answer]:
        try:
            model = await self._identified()
            asked = body(model, prompts, self.codec, position=position, tokens=tokens, banned=banned, catalog=catalog)
            data = await self._read("POST", "/v1/completions", asked)
            answers = read_answers(data, len(prompts), self.codec, position=position, tokens=tokens)
        except httpx.HTTPError as error:
            raise self._unavailable(
                f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            ) from error
        except ValueError as error:
            raise self._unavailable(f"it answers nonsense: {error}") from error
        self.breaker.close()
        self._answered = time.time()
        return answers

    async def _identified(self) -> str:
        """Return the name of the server's model, after checking that it is the right one."""
        async with self._identifying:
            if self._model is None:
                models = json.loads(await self._read("GET", "/v1/models", None))
                try:
                    rooms = {str(model["id"]): int(model["max_model_len"]) for model in models["data"]}
                except (KeyError, TypeError) as error:
                    raise ValueError("no list of models") from error
                name = self._checked(list(rooms))
                if rooms[name] < self._longest:
                    raise GeneratorUnavailable(
                        f"the generator reads {rooms[name]} tokens and needs {self._longest}: start it with "
                        f"--max-model-len {self._longest}"
                    )
                self._model = name
        return self._model

    def _checked(self, names: list[str]) -> str:
        for name in names:
            if (served := ServedName.parse(name)) is None:
                continue
            if self._expected.tokenizer and served.tokenizer != self._expected.tokenizer:
                raise TokenizerMismatch(
                    f"the generator at {self.url} speaks the codes of the tokenizer {served.tokenizer}, and "
                    f"{self._expected.tokenizer} is in use"
                )
            for what, mine, other in zip(ServedName._fields[1:], self._expected[1:], served[1:], strict=True):
                if mine and mine != other:
                    raise WeightsCorrupt(f"the generator at {self.url} has other {what}: {other} instead of {mine}")
            return name
        raise WeightsCorrupt(f"the server at {self.url} offers no exported checkpoint, only {', '.join(names)[:200]}")

    async def _read(self, method: str, path: str, sent: object) -> bytes:
        async with self._http.stream(method, path, json=sent) as response:
            data = bytearray()
            async for part in response.aiter_bytes():
                data += part
                if len(data) > _MOST_BYTES:
                    raise ValueError(f"more than {_MOST_BYTES >> 20} MB")
            if response.status_code == httpx.codes.OK:
                return bytes(data)
            told = f"HTTP {response.status_code}: {data[:200].decode(errors='replace')}"
            if response.status_code < httpx.codes.INTERNAL_SERVER_ERROR and response.status_code not in _BUSY:
                # Whoever refuses a request is well: the breaker stays closed. But it may hold another model by now.
                self._model = None
                raise GeneratorUnavailable(f"the generator refuses the request ({told})")
            raise self._unavailable(told)

    def _unavailable(self, reason: str) -> GeneratorUnavailable:
        self._failed(reason)
        return GeneratorUnavailable(f"the generator is down ({reason})")

    def _failed(self, reason: str) -> None:
        self._model = None
        self._went_wrong = time.time()
        if self.breaker.failed(reason):
            _log.warning("the generator at %s is down: %s", self.url, reason)
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        """Try until the server is well again."""
        while self.breaker.is_open:
            await asyncio.sleep(self._pause)
            try:
                await self.health()
            except (GeneratorUnavailable, GenerationTimeout, TokenizerMismatch, WeightsCorrupt) as error:
                self.breaker.reason = str(error)
        _log.warning("the generator at %s is back", self.url)
