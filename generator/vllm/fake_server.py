"""A stand-in for the server in tests: speaks the same HTTP, masks with the real mask, misbehaves on demand.

Its "model" draws log-probabilities from a hash of the tokens so far: the same prompt gets the same answer, whoever else
asks. Real sockets, because what is under test is what happens to connections. Knows no vLLM.
"""

import asyncio
import base64
import io
import json
import threading
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segue.generator.codec import Codec
from segue.generator.continuations import Continuations
from segue.generator.modality import POSITIONS
from segue.generator.vllm.checkpoint import ServedName
from segue.generator.vllm.position_mask import MaskRequest, PositionMask

if TYPE_CHECKING:
    from torch import Tensor

Mood = Literal["well", "hang", "drip", "garbage", "error", "overload", "cut"]


class FakeServer:
    """Listens at `url` in a thread of its own from `start` to `kill`; both may be repeated.

    `mood` is how it answers from now on: `hang` never, `drip` a byte a tenth of a second, `cut` in the middle of an
    answer, `error` with 500, `overload` with 503. `delay` are the seconds that an answer takes.
    """

    def __init__(self, codec: Codec, name: ServedName, catalog: Continuations | None = None) -> None:
        self.codec = codec
        self.name = str(name)
        self.mood: Mood = "well"
        self.delay = 0.0
        self.room = 4096
        """Tokens that it says it can read."""
        self.asked = 0
        """Completions asked for so far."""
        self.begun = threading.Event()
        """Set when a completion has been asked for."""
        self.most_at_once = 0
        self._at_once = 0
        self._catalog = catalog
        self._port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, the same after each start."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> "FakeServer":
        """Begin to listen, at the same port as before."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the fake server does not start")
        return self

    def kill(self) -> None:
        """Break all connections and stop listening."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)
            self._thread = None

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._connection, "127.0.0.1", self._port)
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    (
                        int(line.split(":")[1])
                        for line in head.split("\r\n")
                        if line.lower().startswith("content-length")
                    ),
                    0,
                )
                sent = await reader.readexactly(length)
                await self._answer(head.split()[1], sent, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, as clients do, or the server was killed
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _answer(self, path: str, sent: bytes, writer: asyncio.StreamWriter) -> None:
        if self.mood == "hang":
            await self._stop.wait()
        status, data = 200, b""
        if self.mood in ("error", "overload"):
            status, data = (500 if self.mood == "error" else 503), b'{"error": "no"}'
        elif self.mood == "garbage":
            data = b'{"choices": [{"index": 0, "logprobs": {"tokens": ["la"], "top_logprobs": [{}]}}], "data": 3}'
        elif path == "/v1/models":
            data = json.dumps({"data": [{"id": self.name, "max_model_len": self.room}]}).encode()
        else:
            self.asked += 1
            self.begun.set()
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                await asyncio.sleep(self.delay)
                data = json.dumps(self.complete(json.loads(sent))).encode()
            finally:
                self._at_once -= 1
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n\r\n".encode())
        for byte in data if self.mood == "drip" else ():
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.1)
        if self.mood == "cut":
            writer.write(data[: len(data) // 2])
            await writer.drain()
            raise ConnectionAbortedError
        if self.mood != "drip":
            writer.write(data)
        await writer.drain()

    def complete(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request for completions."""
        if asked["model"] != self.name:
            raise ValueError("the client checks the name first")
        prompts = asked["prompt"] or [_ids(text) for text in asked["prompt_embeds"]]
        choices = [self._choice(prompt, asked) | {"index": at} for at, prompt in enumerate(prompts)]
        return {"choices": choices[::-1]}  # in any order

    def _choice(self, prompt: list[int], asked: dict[str, Any]) -> dict[str, Any]:
        request = MaskRequest.read(asked["vllm_xargs"])
        if request is None:
            raise ValueError("the client asks for the mask")
        tokens: list[int] = []
        tops: list[dict[str, float]] = []
        try:
            mask = PositionMask(self.codec, request, self._catalog)
        except ValueError:
            mask = None
        for written in range(asked["max_tokens"]):
            if mask is None:
                allowed = np.array([self.codec.end])
            else:
                mask.follow(tokens)
                allowed = mask.allowed(written)
            position = min(request.position + written, POSITIONS - 1)
            size = int(self.codec.layout.sizes[position])
            seed = zlib.crc32(np.array([*prompt, *tokens], dtype=np.int64).tobytes())
            scores = np.random.default_rng(seed).normal(size=max(size, 256))[(allowed - self.codec.base) % size] * 3
            log_p = scores - np.logaddexp.reduce(scores)
            tokens.append(int(allowed[log_p.argmax()]))
            tops.append({f"token_id:{i}": float(p) for i, p in zip(allowed.tolist(), log_p.tolist(), strict=True)})
            tops[-1] |= {f"token_id:{i}": -9999.0 for i in range(3)}
        return {"logprobs": {"tokens": [f"token_id:{i}" for i in tokens], "top_logprobs": tops}}


class FakeEmbeddings:
    """Embeddings from which `FakeServer` reads the token ids again; a row that is no token's is a soft token's."""

    width = 4
    trained = "trained"

    def rows(self, ids: Sequence[int]) -> "Tensor":
        """Return [length, 4]: the id, and zeros."""
        import torch

        return torch.tensor([[number, 0, 0, 0] for number in ids], dtype=torch.float32)


def _ids(text: str) -> list[int]:
    """Return the token ids of `FakeEmbeddings` rows; a soft token counts as a number that is made of its row."""
    import torch

    rows = torch.load(io.BytesIO(base64.b64decode(text)), weights_only=True).numpy()
    return [int(row[0]) if not row[1:].any() else zlib.crc32(row.tobytes()) for row in rows]
