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

    def __init__(
        self, model: MusicLanguageModel, prompts: PromptBuilder, *, fingerprint: str, weights: str = ""
    ) -> None:
        """`weights` identifies the model's, see `weight_files.weights_hash`."""
        super().__init__("parallel", fingerprint)
        self.weights = weights
        self._model = model.eval()
        self._prompts = prompts

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""
        return self._model.codec.layout

    @property
    def listener_width(self) -> int:
        """Dimensions of the soft token that it reads."""
        return self._model.width

    def distribution(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> CodeDistribution:
        """Return the distribution for a dialogue, at once.

        `user` float32 [listener_width] is the listener's soft token, if any. Raises SemanticIdError for codes of
        another layout, ValueError for a soft token of another length.
        """
        token = self._model.token(user)
        prompt = self._prompts.prompt(dialogue)
        ids = torch.from_numpy(np.append(prompt, self._prompts.codec.begin))[None]
        with torch.inference_mode():
            states = self._model.head_states(self._model.states(ids, user=token)[:, -1])
            return self._model.heads.distribution(states[0])
