"""A trained multilayer perceptron as plain numpy: what remains of an autoencoder after its training.

Knows arrays only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.quantizers.protocol import Vectors


@dataclass(frozen=True)
class Perceptron:
    """Fully connected layers with ReLU in between; batch norm is folded into the weights, so it is a few products."""

    weights: tuple[NDArray[np.float32], ...]
    """Per layer, shape (inputs, outputs)."""
    biases: tuple[NDArray[np.float32], ...]

    def __call__(self, vectors: Vectors) -> Vectors:
        """Return the output of the last layer, shape (n, outputs)."""
        out = vectors
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            out = out @ weight + bias
            if layer < len(self.weights) - 1:
                np.maximum(out, 0.0, out=out)
        return out

    def tensors(self, name: str) -> dict[str, NDArray[Any]]:
        """Return the weights as `name.N.weight` and `name.N.bias`."""
        named: dict[str, NDArray[Any]] = {}
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            named[f"{name}.{layer}.weight"], named[f"{name}.{layer}.bias"] = weight, bias
        return named

    @classmethod
    def restore(cls, name: str, tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild from `tensors(name)`; ValueError if there are none."""
        layers = range(sum(key.startswith(f"{name}.") and key.endswith(".weight") for key in tensors))
        if not layers:
            raise ValueError(f"no tensor is called {name}.0.weight")
        return cls(
            tuple(np.asarray(tensors[f"{name}.{layer}.weight"], dtype=np.float32) for layer in layers),
            tuple(np.asarray(tensors[f"{name}.{layer}.bias"], dtype=np.float32) for layer in layers),
        )
