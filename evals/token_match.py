"""How often predicted codes are those of the music that was wanted (TalkPlay, section 5.2, on semantic IDs).

A *pair* is a predicted semantic ID and a track that the listener then liked. The codes of a modality match to level l
where levels 1 to l are all equal; pairs whose track lacks the modality do not count. Knows codes and nothing else.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segue.generator.codec import shared_depths
from segue.generator.layout import UNKNOWN, Codes
from segue.generator.modality import LEVELS, MODALITIES

Floats = NDArray[np.float64]


def known(codes: Codes) -> NDArray[np.bool_]:
    """Return which modalities are known, bool [n, 9], of codes [n, 27]."""
    found: NDArray[np.bool_] = codes[:, ::LEVELS] != UNKNOWN
    return found


def matches(predicted: Codes, wanted: Codes) -> Floats:
    """Return 1 where a pair matches in a modality to a level, else 0, NaN where the track lacks the modality.

    float64 [pairs, 9, 3] for two arrays of codes [pairs, 27].
    """
    equal = (predicted == wanted).reshape(-1, len(MODALITIES), LEVELS)
    found = np.logical_and.accumulate(equal, axis=2).astype(np.float64)
    found[~known(wanted)] = np.nan
    return found


def drawn(catalog: Codes, wanted: Codes) -> Floats:
    """Return the chance that the codes of a track drawn from the catalog match, exactly: [pairs, 9, 3], NaN as above.

    Drawn, for each modality, from the tracks that have it, so that codes many tracks share match often.
    """
    chances = np.full((len(wanted), len(MODALITIES), LEVELS), np.nan)
    has = known(catalog)
    for m in range(len(MODALITIES)):
        own = catalog[has[:, m], m * LEVELS : (m + 1) * LEVELS]
        for number in np.flatnonzero(known(wanted)[:, m]):
            equal = own == wanted[number, m * LEVELS : (m + 1) * LEVELS]
            chances[number, m] = np.logical_and.accumulate(equal, axis=1).mean(axis=0)
    return chances


def commonest(catalog: Codes) -> Codes:
    """Return the codes that are the commonest of each modality, level by level: uint8 [27]; 0 where all lack it."""
    found = np.zeros(catalog.shape[1], dtype=np.uint8)
    for m in range(len(MODALITIES)):
        left = catalog[known(catalog)[:, m], m * LEVELS : (m + 1) * LEVELS]
        for level in range(LEVELS if len(left) else 0):
            code = np.bincount(left[:, level]).argmax()
            found[m * LEVELS + level] = code
            left = left[left[:, level] == code]
    return found


def shuffled(catalog: Codes, count: int, seed: int = 0) -> Codes:
    """Return `count` semantic IDs, each modality that of another drawn track that has it: uint8 [count, 27]."""
    random = np.random.default_rng(seed)
    found = np.zeros((count, catalog.shape[1]), dtype=np.uint8)
    for m in range(len(MODALITIES)):
        own = catalog[known(catalog)[:, m], m * LEVELS : (m + 1) * LEVELS]
        if len(own):
            found[:, m * LEVELS : (m + 1) * LEVELS] = own[random.integers(len(own), size=count)]
    return found


def agreement(predicted: Codes, catalog: Codes) -> NDArray[np.int64]:
    """Return in how many modalities at once the best track of the catalog matches, to each level: [n, 3].

    TalkPlay's "sequences that match an existing item", of which nine modalities would leave next to none.
    """
    depths = (shared_depths(catalog, one) for one in predicted)
    counted = [[int((depth >= level).sum(axis=1).max()) for level in range(1, LEVELS + 1)] for depth in depths]
    return np.array(counted, dtype=np.int64)


def first_matches(predicted: Codes, catalog: Codes, values: Sequence[float], seed: int = 0) -> NDArray[np.int64]:
    """Return the row of the catalog that each ID matches best, all modalities alike: [n]; among equals a drawn one.

    `values` [4] is what a modality counts that matches to no level, to the first, the second, the third.
    """
    order = np.random.default_rng(seed).permutation(len(catalog))
    worth = np.asarray(values)
    # argmax takes the first of equals, which in a drawn order is any of them.
    best = [int(worth[shared_depths(catalog[order], one)].sum(axis=1).argmax()) for one in predicted]
    return order[best]
