"""The parallel generator: one forward pass of the language model, all nine modalities at once.

Knows the model and prompts; the weights' files are `language_files`' business.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from segue.generator.decoder import Decoder, refusal
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.head_stack import HeadStack
from segue.generator.language import MusicLanguageModel
from segue.generator.layout import CodeLayout
from segue.generator.one_pass import OnePassGenerator
from segue.generator.prompt import PromptBuilder

PROMPT_TOKENS: Final = 96
PROMPT_TRACKS: Final = 2
"""How much of a dialogue is read: each token costs time, and its reader has learnt from no more."""


class ParallelGenerator(OnePassGenerator):
    """A `Generator` (see `interface`) on the language model.

    Any causal language model will do. One that `Decoder` can run answers sooner: the system message is read once for
    all requests, and a third of what `transformers` costs a pass is saved.
    """

    def __init__(
        self,
        model: MusicLanguageModel,
        prompts: PromptBuilder,
        *,
        fingerprint: str,
        weights: str = "",
        half: bool = False,
    ) -> None:
        """`weights` identifies the model's, see `weight_files.weights_hash`; with `half`, see `Decoder`.

        Raises ValueError for `half` with a model that `Decoder` cannot run.
        """
        super().__init__("parallel", fingerprint)
        self.weights = weights
        self._model = model.eval()
        self._heads = HeadStack(model.heads)
        self._prompts = prompts
        self._decoder: Decoder | None = None
        if half or refusal(model) is None:
            longest = prompts.max_tokens + 2
            self._decoder = Decoder(model, longest, prompts.opening, depth=model.depth, half=half)

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
            if self._decoder is not None:
                states = self._decoder.states(ids, token)
            else:
                states = self._model.early_states(ids, user=token)[:, len(self._prompts.opening) :]
            real = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)
            return self._heads.distribution(self._model.head_states(states, real)[0])
