"""The compact generator in process: a dialogue in, the distribution over semantic IDs out, in tens of milliseconds.

Knows the network and its weight files; training is elsewhere.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from segue.generator.compact import CompactNetwork, music_batch, played, read_dialogue
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.errors import SemanticIdError, WeightsCorrupt
from segue.generator.half import halves_pay
from segue.generator.head_stack import HeadStack
from segue.generator.layout import CodeLayout
from segue.generator.listener_token import read_token
from segue.generator.minilm import BASE_SHA256, WIDTH, MessageTokenizer, MiniLM, Precision
from segue.generator.one_pass import OnePassGenerator
from segue.generator.weight_files import SHIPPED, fill, read_weights, weights_hash, write_weights

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
    try:
        codewords = tuple((int(one), int(two), int(three)) for one, two, three in manifest["layout"])
        network = CompactNetwork(CodeLayout(codewords))
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsCorrupt(f"the manifest in {folder} tells no layout: {error}") from error
    fill(network, tensors, folder)
    return network.eval(), str(manifest["tokenizer"])


class CompactGenerator(OnePassGenerator):
    """A `Generator` (see `interface`) on MiniLM."""

    def __init__(
        self, network: CompactNetwork, fingerprint: str, *, precision: Precision | None = None, weights: str = ""
    ) -> None:
        """`weights` identifies the weights, see `weight_files.weights_hash`; soft tokens are of one generator only.

        `precision` is MiniLM's: by default halved matrices where they pay, else float32.
        """
        super().__init__("compact", fingerprint)
        self.weights = weights
        self._network = network.eval()
        self._heads = HeadStack(network.heads)
        self._body = MiniLM.load().ready(precision or ("float16" if halves_pay() else "float32"))
        self._tokenizer = MessageTokenizer()

    @classmethod
    def load(cls, folder: Path = COMPACT, *, tokenizer: str | None = None) -> Self:
        """Load the weights in `folder`, the shipped ones by default. Raises what `load_compact` raises."""
        return cls(*load_compact(folder, tokenizer=tokenizer), weights=weights_hash(folder))

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""
        return self._network.layout

    @property
    def listener_width(self) -> int:
        """Dimensions of the soft token that it reads."""
        return WIDTH

    def distribution(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> CodeDistribution:
        """Return the distribution for a dialogue, at once; `user` [384] is the listener's soft token, if any.

        Raises SemanticIdError for codes of another layout, ValueError for a soft token of another length.
        """
        try:
            music = music_batch([played(dialogue, self.layout)])
        except ValueError as error:
            raise SemanticIdError(str(error)) from error
        with torch.inference_mode():
            texts = read_dialogue(self._body, self._tokenizer, dialogue)
            states = self._network(*texts, music, None if user is None else read_token(user, WIDTH)[None, None])
            return self._heads.distribution(states[0])
