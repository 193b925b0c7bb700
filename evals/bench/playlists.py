"""Held-out playlists as the test of what goes together: the split, the seeds and Hit@k.

Knows tracks and rows; it has never heard of codes. Playlists are known by their ids only.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import SourceError
from segue.generator.track import Track

CUTOFFS: Final = (5, 10, 20, 50)

Rows = NDArray[np.int64]
Ranker = Callable[[int, Rows, int], Rows]
"""Takes a seed's row, the rows that must not be answered (the seed is among them) and k; returns rows, best first."""


@dataclass(frozen=True)
class Split:
    """Tracks that have forgotten the held-out playlists, and these playlists as rows."""

    tracks: list[Track]
    held_out: dict[str, Rows]
    """Playlist id -> distinct rows of its tracks; playlists with tracks of at least two works."""
    works: list[Rows]
    """For every row the rows of all versions of the same work, itself among them."""


def fifth(playlist: str, *, salt: str = "") -> bool:
    """Whether a playlist belongs to the held-out fifth: sha256(salt + id) % 5 == 0."""
    return int.from_bytes(hashlib.sha256((salt + playlist).encode()).digest()) % 5 == 0


def read_playlist_ids(path: Path) -> frozenset[str]:
    """Return the ids of a JSON list.

    Raises:
        SourceError: the file cannot be read, or holds anything but a list of strings.
    """
    try:
        ids = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise SourceError(f"{path} must hold a JSON list of playlist ids")
    return frozenset(ids)


def split(tracks: Sequence[Track], held_out: Collection[str] | Callable[[str], bool]) -> Split:
    """Take the playlists and sessions named or chosen by `held_out` out of the tracks' consumption."""
    chosen = held_out if callable(held_out) else frozenset(held_out).__contains__
    members: dict[str, set[int]] = defaultdict(set)
    works: dict[str, list[int]] = defaultdict(list)
    kept = []
    for row, track in enumerate(tracks):
        works[track.work_id].append(row)
        for entry in track.listened:
            if chosen(entry.id):
                members[entry.id].add(row)
        kept.append(track.model_copy(update={"listened": tuple(e for e in track.listened if not chosen(e.id))}))
    versions = {work: np.array(rows, dtype=np.int64) for work, rows in works.items()}
    playlists = {
        playlist: np.array(sorted(rows), dtype=np.int64)
        for playlist, rows in sorted(members.items())
        if len({tracks[row].work_id for row in rows}) > 1
    }
    return Split(kept, playlists, [versions[track.work_id] for track in tracks])


def seeds_of(playlists: Mapping[str, Rows], most: int | None, *, seed: int = 0) -> list[tuple[int, str]]:
    """Return every (row, playlist id) pair, or `most` of them drawn at random, in a fixed order."""
    pairs = [(int(row), playlist) for playlist in sorted(playlists) for row in playlists[playlist]]
    if most is None or most >= len(pairs):
        return pairs
    drawn = np.random.default_rng(seed).choice(len(pairs), most, replace=False)
    return [pairs[place] for place in sorted(drawn)]


def hit_rates(ranker: Ranker, data: Split, seeds: Sequence[tuple[int, str]]) -> dict[str, float]:
    """Return Hit@5, 10, 20 and 50: the share of seeds with a track of their playlist among the first k answers.

    All versions of the seed's own work are banned from the answers, so that finding the seed again is no hit.
    """
    hits = np.zeros(len(CUTOFFS))
    answered: dict[int, Rows] = {}
    for row, playlist in seeds:
        if row not in answered:
            answered[row] = ranker(row, data.works[row], CUTOFFS[-1])
        found = np.isin(answered[row], data.held_out[playlist])
        hits += [found[:cutoff].any() for cutoff in CUTOFFS]
    return {f"hit@{cutoff}": float(rate) for cutoff, rate in zip(CUTOFFS, hits / max(len(seeds), 1), strict=True)}


def top_rows(scores: NDArray[np.floating], banned: Rows, k: int) -> Rows:
    """Return the rows of the k best scores, equal ones in row order, without those banned. `scores` is altered."""
    scores[banned] = -np.inf
    k = min(k, int(np.isfinite(scores).sum()))
    if not k:
        return np.zeros(0, dtype=np.int64)
    limit = np.partition(scores, len(scores) - k)[len(scores) - k]
    # Every row that ties with the last place is a candidate; the stable sort then lets the first ones in.
    candidates = np.flatnonzero(scores >= limit)
    return candidates[np.argsort(-scores[candidates], kind="stable")[:k]]
