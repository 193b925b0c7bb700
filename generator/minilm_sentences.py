"""Sentence vectors of the bundled MiniLM: the mean of a text's token states, scaled to length 1.

It is what sentence-transformers makes of this model, to the last digits of float32, without importing that library and
`transformers` behind it, which takes longer than all else that a first answer needs. Knows texts.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

from segue.generator.minilm import MiniLM, Tokens, base_folder

LONGEST: Final = 256
"""Tokens of a text that are read, as many as the model's authors have it read."""
FINGERPRINT: Final = "cf8230b264e2"
"""What `sentences.SentenceEncoder` calls these weights; `MiniLM.load` accepts no others."""


class MiniLMSentences:
    """The bundled model, loaded. Raises what `MiniLM.load` raises."""

    def __init__(self) -> None:
        self._model = MiniLM.load()
        self._tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)

    @torch.inference_mode()
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors of shape (len(texts), 384) for at least one text, in one pass."""
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        real = torch.arange(longest) < torch.tensor([[len(row)] for row in rows])
        states = self._model(Tokens(ids, real, real))
        counted = real[..., None].to(states.dtype)
        vectors: NDArray[np.float32] = functional.normalize((states * counted).sum(dim=1) / counted.sum(dim=1)).numpy()
        return vectors
