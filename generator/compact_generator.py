"""The compact generator in process: a dialogue in, the distribution over semantic IDs out, in tens of milliseconds.

Knows the network and its weight files; training is elsewhere.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

import torch

from segue.generator.compact import CompactNetwork, music_batch, played, read_texts, spoken
from segue.generator.deadline import Deadline
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.errors import SemanticIdError
from segue.generator.interface import Generation, GenerationRequest
from segue.generator.layout import CodeLayout
from segue.generator.minilm import BASE_SHA256, MessageTokenizer, MiniLM, Precision
from segue.generator.selection import select_ids
from segue.generator.weight_files import SHIPPED, fill, read_weights, write_weights

KIND: Final = "compact"
COMPACT: Final = SHIPPED / KIND
"""The weights that come with the package."""


def save_compact(network: CompactNetwork, folder: Path, *, tokenizer: str, about: Mapping[str, Any]) -> None:
    """Write a network's weights; see `weight_files.write_weights`."""
    layout = {"layout": [list(levels) for levels in network.layout.codewords]}
    write_weights(folder, KIND, network.state_dict(), tokenizer=tokenizer, base=BASE_SHA256, about=layout | dict(about))


def load_compact(folder: Path = COMPACT, *, tokenizer: str | None = None) -> tuple[CompactNetwork, str]:
    """Return the network whose weights are in `folder`, in evaluation mode, and its tokenizer's fingerprint.

    Raises WeightsCorrupt and TokenizerMismatch; see `weight_files.read_weights`.
    """
    tensors, manifest = read_weights(folder, KIND, tokenizer=tokenizer, base=BASE_SHA256)
    codewords = [(int(one), int(two), int(three)) for one, two, three in manifest["layout"]]
    network = CompactNetwork(CodeLayout(tuple(codewords)))
    fill(network, tensors, folder)
    return network.eval(), str(manifest["tokenizer"])


class CompactGenerator:
    """A `Generator` (see `interface`). Requests are worked off one after another in a thread of its own."""

    name = "compact"

    def __init__(self, network: CompactNetwork, fingerprint: str, *, precision: Precision = "float32") -> None:
        self.fingerprint = fingerprint
        self._network = network.eval()
        self._body = MiniLM.load().ready(precision)
        self._tokenizer = MessageTokenizer()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="segue-compact")

    @classmethod
    def load(cls, folder: Path = COMPACT, *, tokenizer: str | None = None) -> Self:
        """Load the weights in `folder`, the shipped ones by default. Raises what `load_compact` raises."""
        return cls(*load_compact(folder, tokenizer=tokenizer))

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""
        return self._network.layout

    async def generate(self, request: GenerationRequest) -> Generation:
        """Answer a request; see `Generator`."""
        deadline = Deadline(request.deadline)
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._generate, request, deadline)

    def distribution(self, dialogue: Dialogue) -> CodeDistribution:
        """Return the distribution for a dialogue, at once. Raises SemanticIdError for codes of another layout."""
        message, before = spoken(dialogue)
        try:
            music = music_batch([played(dialogue, self.layout)])
        except ValueError as error:
            raise SemanticIdError(str(error)) from error
        with torch.inference_mode():
            texts = [read_texts(self._body, self._tokenizer, [text]) for text in (message, before)]
            states = self._network(*texts, music)
            return self._network.heads.distribution(states[0])

    async def aclose(self) -> None:
        """Let the running request end and give back the thread."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _generate(self, request: GenerationRequest, deadline: Deadline) -> Generation:
        deadline.check()
        distribution = self.distribution(request.dialogue)
        deadline.check()
        return Generation(distribution, select_ids(distribution, request))
