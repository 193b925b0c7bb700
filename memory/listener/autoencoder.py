"""The autoencoder of listeners: a history becomes one vector, from which the rest of the history can be found.

Spotify's generative recommender ("Personalization Through Soft Tokenization") represents taste by "user embedding
models (using autoencoder architectures)". Here

    a track      x = sum over its known codes of their vectors            (content: it need never have been heard)
    a listener   u = LayerNorm(W2 gelu(W1 [for, against, how much of each]))
                 for = (sum of w x over w > 0, plus PRIOR times a learnt vector) / (sum of w, plus PRIOR); against alike
    decoded      u . (V x), for any track: the higher, the likelier that it belongs to this listener

so that a listener of whom nothing is known is the prior exactly, and sums of histories are all that must be kept. The
codes of co-listening (TC) are not read: they were made from playlists, and would tell which ones.

Knows codes; no catalog, no events.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from torch import Tensor, nn
from torch.nn import functional

from segue.generator.layout import DEFAULT_LAYOUT, UNKNOWN, CodeLayout, Codes
from segue.generator.modality import LEVELS, MODALITIES, Modality

TRACK: Final = 96
"""Dimensions of a track's vector."""
USER: Final = 64
"""Dimensions of a listener's vector."""
PRIOR: Final = 1.0
"""Liked tracks that the prior is worth."""


class ListenerAutoencoder(nn.Module):
    """See above."""

    def __init__(self, layout: CodeLayout = DEFAULT_LAYOUT) -> None:
        super().__init__()
        self.layout = layout
        # The last row stands for what is not read: always zero.
        self.codes = nn.Embedding(layout.total + 1, TRACK, padding_idx=layout.total)
        nn.init.normal_(self.codes.weight[: layout.total], std=0.2)
        with torch.no_grad():
            self.codes.weight[layout.total] = 0
        self.prior = nn.Parameter(torch.zeros(2, TRACK))
        self.mix = nn.Sequential(nn.Linear(2 * TRACK + 2, 256), nn.GELU(), nn.Linear(256, USER))
        self.norm = nn.LayerNorm(USER, elementwise_affine=False)
        self.decode = nn.Linear(TRACK, USER, bias=False)

    def places(self, codes: Codes) -> Tensor:
        """Return the rows of the code table for semantic IDs [n, 27]: int64 [n, 27]. Raises ValueError, see layout."""
        checked = self.layout.check(codes).astype(np.int64)
        known = np.repeat(checked[:, ::LEVELS] != UNKNOWN, LEVELS, axis=1)
        known[:, LEVELS * MODALITIES.index(Modality.TC) :][:, :LEVELS] = False
        return torch.from_numpy(np.where(known, checked + self.layout.offsets, self.layout.total))

    def tracks(self, places: Tensor) -> Tensor:
        """Return the vectors of tracks, [..., TRACK], from `places` [..., 27]."""
        found = functional.embedding_bag(
            places.reshape(-1, places.shape[-1]), self.codes.weight, mode="sum", padding_idx=self.layout.total
        )
        return found.view(*places.shape[:-1], TRACK)

    def forward(self, sums: Tensor, mass: Tensor) -> Tensor:
        """Return listeners [n, USER] from `sums` [n, 2, TRACK] and `mass` [n, 2], of what speaks for and against."""
        means = (sums + PRIOR * self.prior) / (mass + PRIOR)[..., None]
        user: Tensor = self.norm(self.mix(torch.cat((means.flatten(1), torch.log1p(mass)), dim=-1)))
        return user

    def scores(self, users: Tensor, tracks: Tensor) -> Tensor:
        """Return how well each track [m, TRACK] suits each listener [n, USER]: [n, m]."""
        found: Tensor = users @ self.decode(tracks).T / USER**0.5
        return found

    @torch.inference_mode()
    def embed(self, histories: csr_matrix | NDArray[np.float32], tracks: Tensor) -> NDArray[np.float32]:
        """Return the vectors, float32 [n, USER], of n listeners.

        `histories` [n, m] holds the weight of each of m tracks for each listener, `tracks` [m, TRACK] their vectors.
        """
        known = tracks.numpy()
        if isinstance(histories, np.ndarray):
            sides = (np.maximum(histories, 0), np.maximum(-histories, 0))
        else:
            sides = (histories.maximum(0), -histories.minimum(0))
        sums = np.stack([np.asarray(side @ known, dtype=np.float32) for side in sides], axis=1)
        mass = np.stack([np.asarray(side.sum(axis=1), dtype=np.float32).ravel() for side in sides], axis=1)
        users: NDArray[np.float32] = self(torch.from_numpy(sums), torch.from_numpy(mass)).numpy()
        return users
