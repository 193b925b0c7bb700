"""The soft token: a listener's vector in the token space of a frozen generator (Spotify, "Soft Tokenization").

Only this projection is learnt. A token as long as real ones is heard from the first step on; one that starts near zero
is ignored by the attention and never learns to matter. Knows vectors; the generator reads the token like any other.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from segue.memory.listener.autoencoder import USER


class SoftToken(nn.Module):
    """From listeners' vectors to tokens of `width` dimensions whose length starts at `norm`, that of real tokens."""

    def __init__(self, width: int, norm: float) -> None:
        super().__init__()
        if not norm > 0:
            raise ValueError(f"tokens of length {norm} would not be heard")
        self.mix = nn.Sequential(nn.Linear(USER, 256), nn.GELU(), nn.Linear(256, width))
        self.initial = float(norm)
        """The length that tokens start with."""
        self.norm = nn.Parameter(torch.tensor(self.initial))

    def forward(self, users: Tensor) -> Tensor:
        """Return tokens [n, 1, width] for listeners [n, USER]."""
        return (functional.normalize(self.mix(users), dim=-1) * self.norm)[:, None]
