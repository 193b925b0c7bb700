"""Prompts as embeddings: how a listener's soft token, which no token id stands for, reaches a server.

The rows of the token ids are read from the exported checkpoint that the server holds, from the disk and only those that
a prompt needs; the token is put before the begin token, as in process. The position mask then sees no ids: its state is
in the request anyway (see `position_mask`). Knows checkpoints and tensors; no HTTP.
"""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import WeightsCorrupt
from segue.generator.vllm.checkpoint import WEIGHTS, Checkpoint

if TYPE_CHECKING:
    from torch import Tensor

_ROWS: Final = "model.embed_tokens.weight"


class Embeddings(Protocol):
    """The input embeddings of the model that a server holds."""

    @property
    def width(self) -> int:
        """Dimensions of a token."""

    @property
    def trained(self) -> str:
        """SHA-256 of the language weights that were exported: those that a soft token must have been learnt for."""

    def rows(self, ids: Sequence[int]) -> "Tensor":
        """Return the embeddings of token ids, in the server's type: [length, width]."""


class CheckpointEmbeddings:
    """The embeddings in an exported checkpoint's folder. Raises WeightsCorrupt where there are none that fit."""

    def __init__(self, folder: Path) -> None:
        from safetensors import SafetensorError, safe_open

        self.record = Checkpoint.read(folder)
        self.trained = self.record.trained
        try:
            file: Any = safe_open(folder / WEIGHTS, framework="pt")  # its methods are not typed
            self._rows = file.get_slice(_ROWS)
        except (OSError, SafetensorError) as error:
            raise WeightsCorrupt(f"the embeddings in {folder} cannot be read: {error}") from error
        self.width = int(self._rows.get_shape()[1])

    def rows(self, ids: Sequence[int]) -> "Tensor":
        """Return the embeddings of token ids: [length, width]."""
        import torch

        return torch.cat([self._rows[number : number + 1] for number in ids])


def soft_prompt(embeddings: Embeddings, ids: Sequence[int], at: int, user: NDArray[np.float32]) -> str:
    """Return token ids with a soft token, float32 [width], before the one at `at`, in the form that a server takes.

    `at` is where the answer's begin token stands. Raises ValueError for a soft token of another length.
    """
    import torch

    from segue.generator.listener_token import read_token

    rows = embeddings.rows(ids)
    token = read_token(user, embeddings.width).to(rows.dtype)[None]
    stored = io.BytesIO()
    torch.save(torch.cat((rows[:at], token, rows[at:])), stored)
    return base64.b64encode(stored.getvalue()).decode()
