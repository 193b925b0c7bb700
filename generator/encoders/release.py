"""RI: the release date in 18 dimensions (3MToken, section 2.1: normalised year, cyclical month and day, decade bins).

A date may be only a year or a month. What is not known of it sits at the centre of its circle, equally far from every
month or day; a track without a year is not known at all.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.encoders.features import Features, State
from segue.generator.modality import Modality
from segue.generator.track import Track

KIND: Final = "release"
DIMENSION: Final = 18
"""One year, two for the month's circle, two for the day's, thirteen decades."""
FIRST_DECADE: Final = 1900
"""The first decade bin also holds everything older."""
DECADES: Final = 13
_CENTRE: Final = 1980
_SPAN: Final = 25.0
"""Years to one unit: two releases 25 years apart are as far from each other as two opposite decades' bins, nearly."""
_MONTH_SCALE: Final = 0.15
_DAY_SCALE: Final = 0.05
"""The season matters a little, the day hardly; at full scale they would drown the year."""


def release_vector(released: str) -> NDArray[np.float32]:
    """Return the 18 dimensions of a date of the form YYYY, YYYY-MM or YYYY-MM-DD."""
    year, *rest = (int(part) for part in released.split("-"))
    vector = np.zeros(DIMENSION, dtype=np.float32)
    vector[0] = (year - _CENTRE) / _SPAN
    for start, scale, period, value in ((1, _MONTH_SCALE, 12, rest[:1]), (3, _DAY_SCALE, 31, rest[1:2])):
        if value:
            angle = 2 * math.pi * (value[0] - 1) / period
            vector[start : start + 2] = scale * math.sin(angle), scale * math.cos(angle)
    # Neighbouring decades share a bin in proportion, so that 1989 is nearer to 1990 than to 1980.
    place = min(max((year + 0.5 - FIRST_DECADE) / 10 - 0.5, 0.0), DECADES - 1.0)
    low = int(place)
    vector[5 + low] = 1 - (place - low)
    if place > low:
        vector[5 + low + 1] = place - low
    return vector


class ReleaseEncoder:
    """Encodes the release date; nothing to learn."""

    modality = Modality.RI
    dimension = DIMENSION

    def fit(self, tracks: Sequence[Track]) -> None:
        """Do nothing: the scales are fixed."""

    def encode(self, tracks: Sequence[Track]) -> Features:
        """Return 18 dimensions per dated track."""
        dates = [track.released for track in tracks]
        known = np.array([date is not None for date in dates], dtype=np.bool_)
        vectors = [release_vector(date) for date in dates if date is not None]
        return Features.scatter(known, np.array(vectors, dtype=np.float32).reshape(-1, DIMENSION))

    def state(self) -> State:
        """Return the kind alone."""
        return State({"kind": KIND})

    @classmethod
    def restore(cls, state: State) -> "ReleaseEncoder":
        """Return the encoder whose `state` this is."""
        return cls()
