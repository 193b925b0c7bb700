"""The parallel generator: one forward pass of the language model, all nine modalities at once.

Knows the model and prompts; the weights' files are `language_files`' business.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from segue.generator.deadline import Deadline
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.interface import Generation, GenerationRequest
from segue.generator.language import MusicLanguageModel
from segue.generator.layout import CodeLayout
from segue.generator.prompt import PromptBuilder
from segue.generator.selection import select_ids


class ParallelGenerator:
    """A `Generator` (see `interface`). Requests are worked off one after another in a thread of its own."""

    name = "parallel"

    def __init__(self, model: MusicLanguageModel, prompts: PromptBuilder, *, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._model = model.eval()
        self._prompts = prompts
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="segue-parallel")

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""
        return self._model.codec.layout

    async def generate(self, request: GenerationRequest) -> Generation:
        """Answer a request; see `Generator`."""
        deadline = Deadline(request.deadline)
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._generate, request, deadline)

    def distribution(self, dialogue: Dialogue) -> CodeDistribution:
        """Return the distribution for a dialogue, at once. Raises SemanticIdError for codes of another layout."""
        prompt = self._prompts.prompt(dialogue)
        ids = torch.from_numpy(np.append(prompt, self._prompts.codec.begin))[None]
        with torch.inference_mode():
            states = self._model.head_states(self._model.states(ids)[:, -1])
            return self._model.heads.distribution(states[0])

    async def aclose(self) -> None:
        """Let the running request end and give back the thread."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _generate(self, request: GenerationRequest, deadline: Deadline) -> Generation:
        deadline.check()
        distribution = self.distribution(request.dialogue)
        deadline.check()
        return Generation(distribution, select_ids(distribution, request))
