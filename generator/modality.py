"""The nine modalities, in the fixed order of a semantic ID.

Letters, meaning and order follow 3MToken (section 2.1, footnote 1, and the decoding order of section 2.3). This module
knows names only; what a track holds of each modality is rendered by the encoders.
"""

from enum import StrEnum
from typing import Final


class Modality(StrEnum):
    """One of the nine views of a track; the value is the token prefix, as in `<AC1-21>`."""

    AC = "AC"
    """Artist roles and collaborations: band members, featured artists, writers, producers."""
    BM = "BM"
    """Basic metadata: title, artists, album."""
    ST = "ST"
    """Semantic tags: genre, mood, theme, activity."""
    SC = "SC"
    """Sonic characteristics: an audio embedding or audio descriptors."""
    MC = "MC"
    """Musical characteristics: tempo and key."""
    RI = "RI"
    """Release information: the date, as far as it is known."""
    SF = "SF"
    """Song facts: how, where and by whom it was made."""
    AB = "AB"
    """Artist biography: kind, gender, origin, active years, story."""
    TC = "TC"
    """Track consumption: which tracks are listened to together."""

    @property
    def label(self) -> str:
        """The name that a listener reads."""
        return _LABELS[self]


_LABELS: Final[dict["Modality", str]] = {
    Modality.AC: "artists and credits",
    Modality.BM: "title and artist",
    Modality.ST: "genre and mood",
    Modality.SC: "sound",
    Modality.MC: "tempo and key",
    Modality.RI: "release date",
    Modality.SF: "song facts",
    Modality.AB: "artist biography",
    Modality.TC: "heard together",
}

MODALITIES: Final[tuple[Modality, ...]] = tuple(Modality)
"""All nine, in semantic-ID order."""

LEVELS: Final = 3
"""Residual-quantisation levels per modality (L in 3MToken, section 2.2)."""

POSITIONS: Final = len(MODALITIES) * LEVELS
"""Codes in one semantic ID: modality-major, level 1 to L within each modality."""
