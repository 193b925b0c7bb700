"""The parallel generator: one forward pass of the language model, all nine modalities at once.

Knows the model and prompts; the weights' files are `language_files`' business.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.language import MusicLanguageModel
from segue.generator.layout import CodeLayout
from segue.generator.one_pass import OnePassGenerator
from segue.generator.prompt import PromptBuilder


class ParallelGenerator(OnePassGenerator):
    """A `Generator` (see `interface`) on the language model."""

    def __init__(self, model: MusicLanguageModel, prompts: PromptBuilder, *, fingerprint: str) -> None:
        super().__init__("parallel", fingerprint)
        self._model = model.eval()
        self._prompts = prompts

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""
        return self._model.codec.layout

    def distribution(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> CodeDistribution:
        """Return the distribution for a dialogue, at once.

        Raises SemanticIdError for codes of another layout, ValueError for a soft token: none was learnt for this model.
        """
        if user is not None:
            raise ValueError("the parallel generator reads no soft token")
        prompt = self._prompts.prompt(dialogue)
        ids = torch.from_numpy(np.append(prompt, self._prompts.codec.begin))[None]
        with torch.inference_mode():
            states = self._model.head_states(self._model.states(ids)[:, -1])
            return self._model.heads.distribution(states[0])
