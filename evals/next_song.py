"""Measures of next-song models: how often the song that came is scored above another, and what a station sounds like.

Stratified AUC (SiriusXM, section 3): the share of (positive, negative) pairs of one listener that are scored in the
right order, averaged over listeners. Knows models and sequences; no files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from segue.evals.thumbs import Choice
from segue.generator.next_song.model import NextSong
from segue.generator.next_song.sequences import Heard, batch_of
from segue.generator.next_song.training import Popularity

DRAWN: Final = 10
"""Songs that a song which came is held against."""
_BATCH: Final = 256


@dataclass(frozen=True, eq=False)
class Pairs:
    """Held-out sequences, and the songs that each event after the first is held against."""

    sequences: Sequence[Heard]
    against: Sequence[NDArray[np.int64]]
    """int64 [length - 1, DRAWN] for each sequence: drawn by popularity, none of the sequence's own."""


@dataclass(frozen=True, eq=False)
class Told:
    """How well pairs were told apart."""

    right: NDArray[np.float64]
    """float64 [events]: share of the pairs of an event in the right order; equal scores count half."""
    listener: NDArray[np.int64]
    """int64 [events]: whose event it is."""
    before: NDArray[np.int64]
    """int64 [events]: songs heard before it."""

    @property
    def auc(self) -> float:
        """Stratified AUC."""
        return float(stratified(self.right, self.listener))


def stratified(right: NDArray[np.float64], listener: NDArray[np.int64]) -> float:
    """Return the mean over listeners of the mean over their events."""
    counts = np.bincount(listener)
    sums = np.bincount(listener, weights=right)
    return float(np.mean(sums[counts > 0] / counts[counts > 0]))


def draw_pairs(sequences: Sequence[Heard], shares: Popularity, *, seed: int = 0) -> Pairs:
    """Draw the songs that came against others, by popularity, the same for every model."""
    random = np.random.default_rng(seed)
    against = []
    for heard in sequences:
        own = np.unique(heard.songs)
        possible = shares.copy()
        possible[own] = 0
        drawn = random.choice(len(shares), (len(heard) - 1, DRAWN), p=possible / possible.sum())
        against.append(drawn.astype(np.int64))
    return Pairs(sequences, against)


@torch.inference_mode()
def tell_apart(model: NextSong, pairs: Pairs) -> Told:
    """Return how well the model scores what came above what was drawn."""
    model.eval()
    right, listener, before = [], [], []
    order = sorted(range(len(pairs.sequences)), key=lambda row: len(pairs.sequences[row]))
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        heard = batch_of([pairs.sequences[row] for row in rows])
        real = heard.real[:, 1:]
        states = model(heard)[:, :-1][real]
        drawn = torch.from_numpy(np.concatenate([pairs.against[row] for row in rows]))
        own = (states * model.songs(heard.songs[:, 1:][real])).sum(dim=-1, keepdim=True)
        others = torch.einsum("ew,edw->ed", states, model.songs(drawn))
        right.append(_right(own, others))
        places = np.arange(1, heard.songs.shape[1])[None].repeat(len(rows), axis=0)
        before.append(places[real.numpy()])
        listener.append(np.asarray(rows)[:, None].repeat(places.shape[1], axis=1)[real.numpy()])
    return Told(np.concatenate(right), np.concatenate(listener), np.concatenate(before))


@torch.inference_mode()
def tell_thumbs(model: NextSong, choices: Sequence[Choice]) -> Told:
    """Return how well the model scores what was liked above what was not, in each choice."""
    model.eval()
    names = {name: number for number, name in enumerate(dict.fromkeys(choice.group for choice in choices))}
    right = []
    for choice in choices:
        state = model(batch_of([choice.heard]))[0, -1]
        own = model.songs(torch.tensor(choice.liked)) @ state
        others = model.songs(torch.tensor(choice.disliked)) @ state
        right.append(_right(own[:, None], others[None].expand(len(own), -1)).mean())
    return Told(
        np.array(right, dtype=np.float64),
        np.array([names[choice.group] for choice in choices], dtype=np.int64),
        np.array([len(choice.heard) for choice in choices], dtype=np.int64),
    )


def _right(own: torch.Tensor, others: torch.Tensor) -> NDArray[np.float64]:
    told = (own > others).double() + 0.5 * (own == others).double()
    found: NDArray[np.float64] = told.mean(dim=-1).numpy()
    return found


def interval(told: Told, *, level: float = 0.9, samples: int = 1000, seed: int = 0) -> tuple[float, float]:
    """Return the interval of the stratified AUC, whole listeners drawn again and again."""
    return _bootstrap(_means(told.right, told.listener), level, samples, seed)


def lift(
    ours: Told, theirs: Told, low: int, high: int, *, level: float = 0.9, samples: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """Return how much ours lies above theirs, as a share of theirs, over events with `low` to `high` songs before.

    Both told the same pairs apart. The mean, then the ends of its interval over listeners; nan where no event is.
    """
    chosen = (ours.before >= low) & (ours.before <= high)
    if not chosen.any():
        return float("nan"), float("nan"), float("nan")
    base = stratified(theirs.right[chosen], theirs.listener[chosen])
    each = _means(ours.right[chosen] - theirs.right[chosen], ours.listener[chosen])
    low_end, high_end = _bootstrap(each, level, samples, seed)
    return float(each.mean()) / base, low_end / base, high_end / base


def _means(values: NDArray[np.float64], listener: NDArray[np.int64]) -> NDArray[np.float64]:
    counts = np.bincount(listener)
    sums = np.bincount(listener, weights=values)
    return np.asarray(sums[counts > 0] / counts[counts > 0], dtype=np.float64)


def _bootstrap(each: NDArray[np.float64], level: float, samples: int, seed: int) -> tuple[float, float]:
    drawn = np.random.default_rng(seed).integers(len(each), size=(samples, len(each)))
    low, high = np.quantile(each[drawn].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Station:
    """What stations sound like, over all seeds."""

    new: float
    """Share of plays of songs that were heard less than `rare` times in training."""
    songs: float
    """Distinct songs per seed."""
    artists: float
    """Distinct artists per seed."""
    repetition: float
    """Share of plays that repeat an earlier play of the same station."""


@torch.inference_mode()
def stations(
    model: NextSong,
    seeds: Sequence[int],
    shares: Popularity,
    artists: NDArray[np.int64],
    rare: NDArray[np.bool_],
    *,
    plays: int = 15,
    per_seed: int = 3,
    seed: int = 0,
) -> Station:
    """Let the model play `per_seed` stations from each seed song, each next song drawn as likely as the model thinks.

    The score tells how much likelier a song is here than elsewhere, so that popularity is multiplied in again; only
    songs heard in training can come. `rare` says which songs count as new.
    """
    model.eval()
    random = np.random.default_rng(seed)
    played = np.repeat(np.asarray(seeds, dtype=np.int64), per_seed)[:, None]
    prior = torch.from_numpy(np.log(np.where(shares > 0, shares, 1e-300)))
    everything = torch.arange(len(shares))
    vectors = model.songs(everything)
    for _ in range(plays):
        heard = batch_of([Heard(row, np.ones(len(row), dtype=bool)) for row in played])
        scores = model(heard)[:, -1] @ vectors.T + prior
        # The largest of scores with Gumbel noise is a draw from their softmax.
        noise = -np.log(-np.log(random.uniform(1e-12, 1, size=tuple(scores.shape))))
        chosen = (scores.numpy() + noise).argmax(axis=1)
        played = np.concatenate((played, chosen[:, None]), axis=1)
    new = played[:, 1:]
    repeats = [len(row) - len(set(row.tolist())) for row in played]
    by_seed = new.reshape(len(seeds), -1)
    return Station(
        new=float(rare[new].mean()),
        songs=float(np.mean([len(set(row.tolist())) for row in by_seed])),
        artists=float(np.mean([len(set(artists[row].tolist())) for row in by_seed])),
        repetition=float(np.sum(repeats) / new.size),
    )
