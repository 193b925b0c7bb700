"""What a modality encoder returns, and what it must offer.

Knows arrays and the encoder's interface; it has never heard of codebooks, and of tracks only that encoders read them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.modality import MODALITIES, Modality
from segue.generator.track import Track


@dataclass(frozen=True, eq=False)
class Features:
    """The vectors of one modality over a sequence of tracks.

    A modality that a track lacks is a fact, not a zero vector: such rows hold NaN, so that whoever forgets to look at
    `known` gets an answer that is visibly wrong instead of one that is plausible.
    """

    vectors: NDArray[np.float32]
    """Shape (n, d); NaN in the rows that are not known, finite elsewhere. Euclidean distances are meaningful."""
    known: NDArray[np.bool_]
    """Shape (n,): whether the track has this modality at all."""

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.known.shape != (len(self.vectors),):
            raise ValueError(f"vectors {self.vectors.shape} and known {self.known.shape} do not belong together")
        if not np.isfinite(self.vectors[self.known]).all():
            raise ValueError("a known row holds NaN or infinity")

    def __len__(self) -> int:
        return len(self.known)

    @classmethod
    def scatter(cls, known: NDArray[np.bool_], vectors: NDArray[np.floating[Any]]) -> Self:
        """Return features whose known rows are `vectors`, in order; shape (known.sum(), d)."""
        full = np.full((len(known), vectors.shape[1]), np.nan, dtype=np.float32)
        full[known] = vectors
        return cls(full, known)


@dataclass(frozen=True)
class State:
    """All that an encoder has learned: JSON for the settings, arrays for the rest (safetensors on disk)."""

    config: dict[str, Any]
    tensors: dict[str, NDArray[Any]] = field(default_factory=dict)


class Encoder(Protocol):
    """Turns tracks into the vectors of one modality."""

    @property
    def modality(self) -> Modality:
        """The modality that it encodes."""
        ...

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        ...

    def fit(self, tracks: Sequence[Track]) -> None:
        """Learn from training tracks; encoders with nothing to learn do nothing. Refitting replaces what was learned.

        Only `listened` entries that may be trained on must be left in the tracks.
        """
        ...

    def encode(self, tracks: Sequence[Track]) -> Features:
        """Return one row per track. The same track gives the same row whatever stands beside it."""
        ...

    def state(self) -> State:
        """Return what `segue.generator.encoders.store` writes and reads back."""
        ...


def encode_modalities(tracks: Sequence[Track], encoders: Mapping[Modality, Encoder]) -> dict[Modality, Features]:
    """Encode `tracks` by every encoder given, in semantic-ID order."""
    return {modality: encoders[modality].encode(tracks) for modality in MODALITIES if modality in encoders}
