"""Which tracks share the first codes: what a coarse prefix of a semantic ID means, by example.

Knows tracks and their codes; no codebooks.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from segue.generator.layout import UNKNOWN, Codes, position
from segue.generator.modality import Modality
from segue.generator.track import Track

SHOWN: Final = ((Modality.AC,), (Modality.ST,), (Modality.AC, Modality.ST))
"""The modalities whose level-1 codes make the prefixes shown."""


def shared_prefixes(
    tracks: Sequence[Track], codes: Codes, *, prefixes: int = 3, titles: int = 4
) -> dict[str, list[str]]:
    """Return for each kind of prefix the `prefixes` most frequent ones, each with tracks of different artists.

    Keys are such as `<AC1-21> <ST1-7>`; a prefix that only one artist has is not shown, for it shows nothing.
    """
    found: dict[str, list[str]] = {}
    for modalities in SHOWN:
        columns = codes[:, [position(modality, 1) for modality in modalities]]
        known = np.flatnonzero((columns != UNKNOWN).all(axis=1))
        groups, inverse, counts = np.unique(columns[known], axis=0, return_inverse=True, return_counts=True)
        shown = 0
        for group in np.argsort(-counts, kind="stable"):
            by_artist: dict[str, str] = {}
            for row in known[inverse.ravel() == group]:
                by_artist.setdefault(tracks[row].artists[0].name, f"{tracks[row].artist}, {tracks[row].title}")
            if len(by_artist) > 1:
                name = " ".join(f"<{m.value}1-{code}>" for m, code in zip(modalities, groups[group], strict=True))
                found[name] = list(by_artist.values())[:titles]
                shown += 1
            if shown == prefixes:
                break
    return found
