"""What every generator asks of a listener's soft token: its width, and finite numbers.

A token is read like one of the generator's own (Spotify, "Personalization Through Soft Tokenization"); who makes it is
the memory's business. Knows arrays only.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def read_token(user: NDArray[np.float32], width: int) -> Tensor:
    """Return a soft token as a tensor, float32 [width]. Raises ValueError for anything else than so many numbers."""
    if user.shape != (width,) or not np.isfinite(user).all():
        raise ValueError(f"a soft token is {width} finite numbers, not an array of shape {user.shape}")
    return torch.from_numpy(np.ascontiguousarray(user, dtype=np.float32))
