"""SC: how a track sounds, from an audio embedding, descriptors measured from audio, or standardised descriptors.

One encoder works in one space, chosen from the training tracks; a track that lies outside it is not known, for vectors
of different origin never compare. It reads numbers that an importer put into `Track.sound`, never audio.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.encoders.features import Features, State
from segue.generator.modality import Modality
from segue.generator.track import Track

KIND: Final = "sound"
DESCRIPTORS: Final = (
    "danceability",
    "energy",
    "valence",
    "arousal",
    "acousticness",
    "instrumentalness",
    "liveness",
    "speechiness",
    "loudness",
)
_SKEWED: Final = frozenset({"acousticness", "instrumentalness", "liveness", "speechiness"})
"""Shares that pile up near zero; their square root spreads the many small values."""


class SoundEncoder:
    """Standardises the sound of tracks: each dimension has mean 0 and variance 1/d over the training tracks.

    A single descriptor that a track lacks counts as average. The space is, by what more training tracks have: one
    model's embeddings, `Sound.timbre` of one length, or the nine descriptors.
    """

    modality = Modality.SC

    def __init__(self, source: str, mean: NDArray[np.float32], deviation: NDArray[np.float32]) -> None:
        self._source = source
        self._mean = mean
        self._deviation = deviation

    @classmethod
    def unfitted(cls) -> "SoundEncoder":
        """Return an encoder that must be fitted before it encodes."""
        return cls("", np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32))

    @property
    def dimension(self) -> int:
        """Length of one vector; 0 before fitting."""
        return len(self._mean)

    def fit(self, tracks: Sequence[Track]) -> None:
        """Choose the space that most tracks share and learn its mean and deviation.

        Without any sound at all the space is the nine descriptors, unscaled, so that nothing is known of any track.
        """
        spaces = Counter(space for track in tracks for space in _spaces(track))
        self._source = max(spaces, key=lambda space: (spaces[space], space)) if spaces else "descriptors"
        rows = [row for track in tracks if (row := _values(track, self._source)) is not None]
        if not rows:
            self._mean = np.zeros(len(DESCRIPTORS), dtype=np.float32)
            self._deviation = np.ones(len(DESCRIPTORS), dtype=np.float32)
            return
        values = np.array(rows, dtype=np.float64)
        seen = np.isfinite(values)
        count = np.maximum(seen.sum(axis=0), 1)
        mean = np.where(seen, values, 0).sum(axis=0) / count
        deviation = np.sqrt((np.where(seen, values - mean, 0) ** 2).sum(axis=0) / count)
        self._mean = mean.astype(np.float32)
        # A descriptor that never varies says nothing; dividing by one keeps it at zero.
        self._deviation = np.where(deviation > 1e-6, deviation, 1).astype(np.float32)

    def encode(self, tracks: Sequence[Track]) -> Features:
        """Return standardised vectors of expected length 1."""
        if not self.dimension:
            raise RuntimeError("the sound encoder has not been fitted")
        rows = [_values(track, self._source) for track in tracks]
        known = np.array([row is not None for row in rows], dtype=np.bool_)
        values = np.array([row for row in rows if row is not None], dtype=np.float32).reshape(-1, self.dimension)
        scaled = (values - self._mean) / self._deviation
        # Beyond four deviations a value is an outlier or an error of measurement and must not own a codeword.
        scaled = np.clip(np.nan_to_num(scaled, nan=0.0), -4, 4) / np.sqrt(self.dimension)
        return Features.scatter(known, scaled)

    def state(self) -> State:
        """Return the space, its mean and its deviation."""
        return State({"kind": KIND, "source": self._source}, {"mean": self._mean, "deviation": self._deviation})

    @classmethod
    def restore(cls, state: State) -> "SoundEncoder":
        """Return the encoder whose `state` this is."""
        return cls(state.config["source"], state.tensors["mean"], state.tensors["deviation"])


def _spaces(track: Track) -> list[str]:
    """Name the spaces in which this track has a place."""
    sound = track.sound
    spaces = []
    if sound.embedding:
        spaces.append(f"embedding {len(sound.embedding)} {sound.embedding_model}")
    if sound.timbre:
        spaces.append(f"timbre {len(sound.timbre)}")
    if any(getattr(sound, name) is not None for name in DESCRIPTORS):
        spaces.append("descriptors")
    return spaces


def _values(track: Track, source: str) -> NDArray[np.float32] | None:
    """Return the raw values of a track in the space `source`, NaN where one is missing; None: no place there."""
    if source not in _spaces(track):
        return None
    sound = track.sound
    if source.startswith("embedding"):
        vector = np.array(sound.embedding, dtype=np.float32)
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)
    if source.startswith("timbre"):
        return np.array(sound.timbre, dtype=np.float32)
    values = [getattr(sound, name) for name in DESCRIPTORS]
    return np.array(
        [
            np.nan if value is None else np.sqrt(value) if name in _SKEWED else value
            for name, value in zip(DESCRIPTORS, values, strict=True)
        ],
        dtype=np.float32,
    )
