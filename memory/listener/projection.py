"""Which soft token a generator reads: each was taught with one generator's weights and one model of listeners.

The compact generator's stands with the model of listeners; the language model's, which the parallel and the sequence
generator share, in a file of its own. A token made for other weights would be noise that looks like a token, so it is
refused by name. Knows weight files and vectors.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, Self, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from segue.generator.errors import GeneratorMismatch, WeightsCorrupt
from segue.generator.weight_files import fill, read_weights, write_weights
from segue.memory.listener.model import Floats, ListenerModel
from segue.memory.listener.soft_token import SoftToken

KIND: Final = "soft_token"
LANGUAGE_TOKEN: Final = Path(__file__).parents[1] / "weights" / "language_token"
"""The projection for the language model's weights that come with the package."""

TokenOf = Callable[[NDArray[np.float32]], Floats]
"""From a listener's vector, float32 [64], to a soft token."""


@runtime_checkable
class Reads(Protocol):
    """What must be known of a generator that reads soft tokens."""

    @property
    def name(self) -> str:
        """How it is called."""

    @property
    def weights(self) -> str:
        """The SHA-256 of its weights; empty where nobody knows it."""


class Projection:
    """The soft token of one generator. Safe to share between threads."""

    def __init__(self, token: SoftToken, *, listener: str, generator: str) -> None:
        self._token = token.eval()
        self.listener = listener
        """`ListenerModel.version` of the vectors that it reads."""
        self.generator = generator
        """`weights` of the generator that it was taught with."""

    @classmethod
    def load(cls, folder: Path = LANGUAGE_TOKEN) -> Self:
        """Load what `save` wrote. Raises WeightsCorrupt, see `weight_files.read_weights`."""
        tensors, manifest = read_weights(folder, KIND, tokenizer=None, base=None)
        try:
            token = SoftToken(int(manifest["width"]), 1.0)
            listener, generator = str(manifest["listener"]), str(manifest["base"])
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsCorrupt(f"the manifest in {folder} does not say whose token it holds: {error}") from error
        fill(token, tensors, folder)
        return cls(token, listener=listener, generator=generator)

    def save(self, folder: Path, *, tokenizer: str, about: Mapping[str, Any]) -> None:
        """Write the weights; `about` is how they came about."""
        width = {"width": self._token.mix[-1].out_features, "listener": self.listener}
        write_weights(
            folder, KIND, self._token.state_dict(), tokenizer=tokenizer, base=self.generator, about=width | dict(about)
        )

    def token(self, vector: NDArray[np.float32]) -> Floats:
        """Return the soft token, float32 [width], of a listener's vector."""
        with torch.inference_mode():
            token: Floats = self._token(torch.from_numpy(vector)[None])[0, 0].numpy()
        return token


def token_for(generator: Reads, model: ListenerModel, folder: Path = LANGUAGE_TOKEN) -> TokenOf:
    """Return what makes of vectors by `model` the soft tokens that `generator` was taught to be steered by.

    `folder` holds the projection for language generators. Raises GeneratorMismatch where neither was taught with this
    generator's weights, or not with this model's vectors, and WeightsCorrupt.
    """
    if generator.weights and generator.weights == model.generator:
        return model.token
    if generator.name != "compact" and folder.is_dir():
        projection = Projection.load(folder)
        if projection.generator == generator.weights and projection.listener == model.version:
            return projection.token
    raise GeneratorMismatch(
        f"no soft token was learnt for these weights of the generator {generator.name!r} and for these listeners; "
        f"`segue listener {'train' if generator.name == 'compact' else 'train-token'}` learns it"
    )
