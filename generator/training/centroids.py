"""The code vectors that token rows stand for, position by position, for the self-similarity loss. Knows tokenizers."""

import torch
from torch import Tensor

from segue.generator.modality import LEVELS, MODALITIES
from segue.generator.tokenizer import Tokenizer


def centroids(tokenizer: Tokenizer) -> list[Tensor | None]:
    """Return the code vectors [codewords, any] of the 27 positions; None where a quantizer has none of that number."""
    found: list[Tensor | None] = []
    for number, modality in enumerate(MODALITIES):
        room = tokenizer.layout.codewords[number]
        quantizer = tokenizer.quantizers.get(modality)
        books = quantizer.codebooks if quantizer is not None and quantizer.kind != "random" else (None,) * LEVELS
        found += [
            None if book is None or len(book) != size else torch.from_numpy(book)
            for book, size in zip(books, room, strict=True)
        ]
    return found
