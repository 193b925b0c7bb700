"""A generator without a model, for the tests of products that embed Segue.

    fake = FakeGenerator({"jazz": codes_of_take_five})
    generation = await fake.generate(GenerationRequest(Dialogue.of("some jazz please")))

answers with the codes of the first keyword that stands in the listener's last message, and with a distribution that
peaks there; any other message gets an answer of its own, drawn from its text, so that tests are repeatable.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.generator.codec import Codec
from segue.generator.distribution import CodeDistribution
from segue.generator.errors import GenerationTimeout
from segue.generator.interface import Generation, GenerationRequest
from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout, Codes
from segue.generator.names import fold
from segue.generator.selection import select_ids


class FakeGenerator:
    """A `Generator` whose answers the test chooses; `requests` holds what it was asked."""

    name = "fake"

    def __init__(
        self,
        answers: Mapping[str, NDArray[Any]] | None = None,
        *,
        layout: CodeLayout = DEFAULT_LAYOUT,
        fingerprint: str = "fake",
    ) -> None:
        self.layout = layout
        self.fingerprint = fingerprint
        self.requests: list[GenerationRequest] = []
        self._answers = {fold(word): layout.check(codes) for word, codes in (answers or {}).items()}

    async def generate(self, request: GenerationRequest) -> Generation:
        """Answer at once; a deadline of 0 seconds or less has always passed."""
        self.requests.append(request)
        if request.deadline is not None and request.deadline <= 0:
            raise GenerationTimeout(f"nothing can be generated in {request.deadline} seconds")
        codec = Codec(self.layout)
        for turn in request.dialogue.music:
            codec.to_tokens(turn.semantic_id())
        text = fold(request.dialogue.last_request)
        codes = next((codes for word, codes in self._answers.items() if word in text), None)
        distribution = CodeDistribution.peaked(self.layout, self._drawn(text) if codes is None else codes)
        return Generation(distribution, select_ids(distribution, request))

    async def aclose(self) -> None:
        """Do nothing: there is nothing to give back."""

    def _drawn(self, text: str) -> Codes:
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        random = np.random.default_rng(int.from_bytes(digest, "little"))
        codes = random.integers(0, self.layout.sizes)
        codes[::3] = random.integers(1, self.layout.sizes[::3])
        return codes.astype(np.uint8)
