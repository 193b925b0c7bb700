"""MC: tempo and key as 220 tempo bins and 25 key bins (3MToken, section 2.1).

Bins are smoothed, since 120 and 121 beats per minute are one tempo to the ear: a plain one-hot vector would call them
as different as 60 and 180. Half and double tempo count as partly the same, and keys are near along the circle of fifths
and to their relative and parallel keys.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.encoders.features import Features, State
from segue.generator.modality import Modality
from segue.generator.track import KEYS, Track

KIND: Final = "music"
TEMPO_BINS: Final = 220
SLOWEST: Final = 30
"""Beats per minute of the first bin; one bin per beat a minute, the ends hold whatever lies beyond."""
KEY_BINS: Final = 25
DIMENSION: Final = TEMPO_BINS + KEY_BINS

_WIDTH: Final = 0.06
"""Standard deviation of the smoothing in natural-log tempo: about 6 percent."""
_OCTAVE: Final = 0.35
"""Share of the bump that half and double tempo receive: trackers often confuse them, listeners sometimes."""
_CLASSES: Final = {"slow": (72.0, 0.18), "mid": (105.0, 0.16), "fast": (145.0, 0.18)}
"""Centre and log-width where only the felt tempo is known."""
_KEY_WEIGHT: Final = 0.6
"""The key tells less about what goes together than the tempo does."""
_BPM: Final = np.arange(SLOWEST, SLOWEST + TEMPO_BINS, dtype=np.float32)


def tempo_bins(tempo: float, width: float = _WIDTH) -> NDArray[np.float32]:
    """Return 220 smoothed bins of length 1 for a tempo in beats per minute."""
    bins = np.zeros(TEMPO_BINS, dtype=np.float32)
    for factor, share in ((1.0, 1.0), (0.5, _OCTAVE), (2.0, _OCTAVE)):
        centre = np.clip(tempo, SLOWEST, SLOWEST + TEMPO_BINS - 1) * factor
        if SLOWEST <= centre <= SLOWEST + TEMPO_BINS - 1:
            bins += share * np.exp(-0.5 * (np.log(_BPM / centre) / width) ** 2).astype(np.float32)
    return bins / np.float32(np.linalg.norm(bins))


def key_bins(key: str | None) -> NDArray[np.float32]:
    """Return 25 bins of length 1: the 24 keys, smoothed over related ones, and "unknown"."""
    bins = np.zeros(KEY_BINS, dtype=np.float32)
    if key is None:
        bins[24] = 1
        return bins
    place = KEYS.index(key)
    minor, tone = divmod(place, 12)
    relative = (tone + 3) % 12 if minor else (tone + 9) % 12
    bins[place] = 1
    bins[12 * minor + (tone + 7) % 12] += 0.4
    bins[12 * minor + (tone + 5) % 12] += 0.4
    bins[12 * (1 - minor) + relative] += 0.5
    bins[12 * (1 - minor) + tone] += 0.2
    return bins / np.float32(np.linalg.norm(bins))


class MusicEncoder:
    """Encodes tempo and key; known where at least one of them (or the felt tempo) is. Nothing to learn."""

    modality = Modality.MC
    dimension = DIMENSION

    def fit(self, tracks: Sequence[Track]) -> None:
        """Do nothing: the bins are fixed."""

    def encode(self, tracks: Sequence[Track]) -> Features:
        """Return 220 tempo bins (all zero where only the key is known) and 25 key bins per track."""
        known = np.array([bool(t.tempo or t.tempo_class or t.key) for t in tracks], dtype=np.bool_)
        vectors = [self._vector(track) for track, is_known in zip(tracks, known, strict=True) if is_known]
        return Features.scatter(known, np.array(vectors, dtype=np.float32).reshape(-1, DIMENSION))

    def state(self) -> State:
        """Return the kind alone."""
        return State({"kind": KIND})

    @classmethod
    def restore(cls, state: State) -> "MusicEncoder":
        """Return the encoder whose `state` this is."""
        return cls()

    @staticmethod
    def _vector(track: Track) -> NDArray[np.float32]:
        if track.tempo:
            tempo = tempo_bins(track.tempo)
        elif track.tempo_class:
            tempo = tempo_bins(*_CLASSES[track.tempo_class])
        else:
            tempo = np.zeros(TEMPO_BINS, dtype=np.float32)
        return np.concatenate([tempo, np.float32(_KEY_WEIGHT) * key_bins(track.key)])
