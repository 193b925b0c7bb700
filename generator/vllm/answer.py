"""Requests to a server's /v1/completions as JSON, and the answers' log-probabilities as tables of codes.

Nothing that a server says is believed: whatever is not exactly the answer to the question raises ValueError. Knows JSON
and codes; no connections.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.beam_search import Floats
from segue.generator.codec import Codec
from segue.generator.layout import UNKNOWN, Codes
from segue.generator.modality import LEVELS, POSITIONS
from segue.generator.vllm.position_mask import BANNED, CATALOG, POSITION

_FORBIDDEN: Final = -9000.0
"""A server writes minus infinity as -9999."""
_TOKEN: Final = "token_id:"

Prompt = Sequence[int] | str
"""Token ids, or embeddings as `soft_prompt` writes them."""


def body(
    model: str,
    prompts: Sequence[Prompt],
    codec: Codec,
    *,
    position: int = 0,
    tokens: int = POSITIONS,
    banned: Codes | None = None,
    catalog: bool = False,
) -> dict[str, Any]:
    """Return the request for the `tokens` likeliest codes from `position` on, after each of the prompts.

    The prompts are either all token ids or all embeddings.
    """
    soft = [prompt for prompt in prompts if isinstance(prompt, str)]
    if soft and len(soft) != len(prompts):
        raise ValueError("token ids and embeddings cannot be asked for together")
    mask: dict[str, Any] = {POSITION: position}
    if banned is not None and len(banned):
        mask[BANNED] = np.ascontiguousarray(banned).tobytes().hex()
    if catalog:
        mask[CATALOG] = 1
    return {
        "model": model,
        **({"prompt": None, "prompt_embeds": soft} if soft else {"prompt": [list(map(int, one)) for one in prompts]}),
        "max_tokens": tokens,
        "temperature": 0,
        "ignore_eos": True,
        "logprobs": int(codec.layout.sizes.max()),
        "return_tokens_as_token_ids": True,
        "add_special_tokens": False,
        "vllm_xargs": mask,
    }


class Answer:
    """What came back for one prompt: the codes written, and a table of log-probabilities for each."""

    def __init__(self, choice: dict[str, Any], codec: Codec, position: int, tokens: int) -> None:
        told = choice["logprobs"]
        ids = [_token(text) for text in told["tokens"]]
        self.nothing = ids[:1] == [codec.end]
        """Whether the server says that nothing may come out."""
        self.codes: list[int] = []
        self.tables: list[Floats] = []
        if self.nothing:
            return
        if len(ids) != tokens or len(told["top_logprobs"]) != tokens:
            raise ValueError(f"{len(ids)} tokens instead of {tokens}")
        for place, (token, top) in enumerate(zip(ids, told["top_logprobs"], strict=True), start=position):
            start, size = codec.base + int(codec.layout.offsets[place]), int(codec.layout.sizes[place])
            table = np.full(size, -np.inf, dtype=np.float32)
            for text, log_p in top.items():
                code = _token(text) - start
                if log_p > _FORBIDDEN:
                    if not 0 <= code < size or not math.isfinite(log_p):
                        raise ValueError(f"token {code + start} at position {place}, where there is no such code")
                    table[code] = log_p
            if not 0 <= token - start < size or not np.isfinite(table[token - start]):
                raise ValueError(f"token {token} at position {place}, which may not stand there")
            self.codes.append(token - start)
            self.tables.append(table)

    def whole_tables(self, position: int = 0) -> list[Floats]:
        """Return the tables where no catalog and no ban narrowed them. Raises ValueError where a code is missing."""
        if self.nothing:
            raise ValueError("no semantic ID, although nothing was ruled out")
        for place, table in enumerate(self.tables, start=position):
            known = table[UNKNOWN + 1 :] if place % LEVELS == 0 else table
            total = float(np.exp(table.astype(np.float64)).sum())
            if not np.isfinite(known).all() or abs(total - 1) > 1e-2:
                raise ValueError(f"the probabilities at position {place} are not those of its whole codebook")
        return self.tables

    def semantic_id(self) -> Codes:
        """Return the codes of a whole answer: uint8 [27]."""
        return np.array(self.codes, dtype=np.uint8)


def read_answers(data: bytes, count: int, codec: Codec, *, position: int = 0, tokens: int = POSITIONS) -> list[Answer]:
    """Return the answers to `count` prompts in their order. Raises ValueError for anything else."""
    try:
        choices = json.loads(data)["choices"]
        by_prompt = {int(choice["index"]): choice for choice in choices}
        if sorted(by_prompt) != list(range(count)) or len(choices) != count:
            raise ValueError(f"{len(choices)} answers to {count} prompts")
        return [Answer(by_prompt[number], codec, position, tokens) for number in range(count)]
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"no answer of the kind asked for ({type(error).__name__}: {error})") from error


def semantic_ids(answers: Sequence[Answer]) -> NDArray[np.uint8]:
    """Return the IDs of whole answers, uint8 [n, 27], those left out to which nothing came."""
    return np.array([answer.codes for answer in answers if not answer.nothing], dtype=np.uint8).reshape(-1, POSITIONS)


def _token(text: str) -> int:
    if not text.startswith(_TOKEN):
        raise ValueError(f"a token's text {text[:40]!r} instead of its number")
    return int(text.removeprefix(_TOKEN))
