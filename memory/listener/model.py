"""Listeners' vectors and their soft tokens, with the weights that ship.

The weights belong to one tokenizer, whose codes they read, and to the generator whose tokens they speak; both are named
in the manifest. Knows weight files; no store.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from segue.generator.layout import CodeLayout, Codes
from segue.generator.minilm import BASE_SHA256, WIDTH
from segue.generator.weight_files import fill, read_weights, write_weights
from segue.memory.listener.autoencoder import USER, ListenerAutoencoder
from segue.memory.listener.history import History
from segue.memory.listener.soft_token import SoftToken

KIND: Final = "listener"
LISTENER: Final = Path(__file__).parents[1] / "weights" / KIND
"""The weights that come with the package."""

Floats = NDArray[np.float32]


class ListenerModel:
    """Turns histories into vectors, and vectors into soft tokens and scores. Safe to share between threads."""

    def __init__(
        self, autoencoder: ListenerAutoencoder, token: SoftToken, *, tokenizer: str, version: str, generator: str = ""
    ) -> None:
        self.autoencoder = autoencoder.eval()
        self.soft_token = token.eval()
        self.tokenizer = tokenizer
        """Fingerprint of the tokenizer whose codes it reads."""
        self.version = version
        """Changes with any weight: vectors of another version are of another space."""
        self.generator = generator
        """SHA-256 of the weights of the compact generator that the soft token was learnt for; see `projection`."""

    @classmethod
    def load(cls, folder: Path = LISTENER, *, tokenizer: str | None = None) -> Self:
        """Load the weights in `folder`. Raises what `weight_files.read_weights` raises."""
        tensors, manifest = read_weights(folder, KIND, tokenizer=tokenizer, base=BASE_SHA256)
        layout = CodeLayout(tuple((int(a), int(b), int(c)) for a, b, c in manifest["layout"]))
        parts = torch.nn.ModuleDict({"autoencoder": ListenerAutoencoder(layout), "token": SoftToken(WIDTH, 1.0)})
        fill(parts, tensors, folder)
        one, two = parts["autoencoder"], parts["token"]
        assert isinstance(one, ListenerAutoencoder)
        assert isinstance(two, SoftToken)
        return cls(
            one, two, tokenizer=str(manifest["tokenizer"]), version=str(manifest["sha256"])[:16],
            generator=str(manifest.get("generator", "")),
        )  # fmt: skip

    def save(self, folder: Path, about: Mapping[str, Any]) -> None:
        """Write the weights; `about` is how they came about."""
        parts = torch.nn.ModuleDict({"autoencoder": self.autoencoder, "token": self.soft_token})
        layout = {"layout": [list(levels) for levels in self.autoencoder.layout.codewords], "generator": self.generator}
        write_weights(
            folder, KIND, parts.state_dict(), tokenizer=self.tokenizer, base=BASE_SHA256, about=layout | dict(about)
        )

    def vector(self, history: History) -> Floats:
        """Return the listener's vector, float32 [64]; the prior's for an empty history."""
        found: Floats = self.vectors(history.weights[None], history.codes)[0]
        return found

    def vectors(self, histories: csr_matrix | Floats, codes: Codes) -> Floats:
        """Return the vectors, float32 [n, 64], of listeners whose weights for m tracks are `histories` [n, m]."""
        with torch.inference_mode():
            tracks = self.autoencoder.tracks(self.autoencoder.places(codes))
            return self.autoencoder.embed(histories, tracks)

    def token(self, vector: Floats) -> Floats:
        """Return the soft token, float32 [384], for the compact generator."""
        with torch.inference_mode():
            token: Floats = self.soft_token(torch.from_numpy(vector)[None])[0, 0].numpy()
        return token

    def decoded(self, codes: Codes) -> Floats:
        """Return what listeners' vectors are multiplied with to score tracks [n, 27]: float32 [n, 64]."""
        with torch.inference_mode():
            tracks = self.autoencoder.tracks(self.autoencoder.places(codes))
            decoded: Floats = (self.autoencoder.decode(tracks) / USER**0.5).numpy()
        return decoded

    def scores(self, vector: Floats, codes: Codes) -> Floats:
        """Return how well tracks suit a listener, float32 [n], by their codes alone."""
        return self.decoded(codes) @ vector
