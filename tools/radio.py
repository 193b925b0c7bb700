"""Keep playing: a listening history is continued by semantic IDs, without a word being said.

Spotify's generative recommender treats "a user's listening history as a prompt and autoregressively generates the next
token". Here each song is chosen from the generator's distribution over semantic IDs after the songs before it, then
itself becomes part of what is read. What the generator says after the seeds alone counts as much, so that a station
does not drift away from where it began; and where seeds may be played, it opens with one, unless all is to be new. No
work is played twice; the stream ends only when nothing is left. Knows one opened catalog and a generator.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from segue.generator.dialogue import Dialogue, DialogueTurn, music_turn
from segue.generator.distribution import CodeDistribution
from segue.generator.errors import QueryError
from segue.generator.modality import MODALITIES, Modality
from segue.tools.ranking.stock import Stock

SEEDS: Final = 2
"""Seeds that are read for each song; of many, others each time."""
ANCHORS: Final = 3
"""Times that different seeds are read alone, for what a station began with."""
NEWEST: Final = 3
"""Songs played last that are read."""
APART: Final = 4
"""Songs between two of one artist, if there are others."""
CANDIDATES: Final = 100
"""Songs that the next one is drawn from."""
LIMIT: Final = 3.0
"""Nats that one modality may say for or against a song: what is rare in a catalog looks likely beyond measure."""
SILENT: Final = Modality.BM
"""Titles do not make songs go together."""


class Continues(Protocol):
    """A generator that reads music, and a listener's soft token."""

    def distribution(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> CodeDistribution:
        """Return the distribution for a dialogue."""


@dataclass(frozen=True)
class RadioKnobs:
    """How a station plays. Raises QueryError for values out of range."""

    discovery: float = 0.3
    """0: always what fits best; 1: far from the best known songs and from the artists of the seeds, and by chance."""
    per_artist: int | None = None
    """Songs of one artist in the whole stream; None: any number, `APART` songs apart."""
    seed: int = 0
    """The same seed plays the same station."""

    def __post_init__(self) -> None:
        if not 0 <= self.discovery <= 1:
            raise QueryError(f"discovery goes from 0 to 1, not {self.discovery}")
        if self.per_artist is not None and self.per_artist < 1:
            raise QueryError(f"at least one song per artist, not {self.per_artist}")


def radio(
    stock: Stock,
    generator: Continues,
    seeds: Sequence[int],
    *,
    heard: Sequence[int] = (),
    allowed: NDArray[np.bool_] | None = None,
    refused: Callable[[int], bool] | None = None,
    listener: NDArray[np.float32] | None = None,
    knobs: RadioKnobs | None = None,
) -> Iterator[int]:
    """Yield catalog positions, one song after another, until nothing is left.

    Songs are continued by songs and podcast episodes by episodes, mixed seeds by both; what was heard counts for that
    only where there are no seeds.

    Args:
        stock: the catalog; `generator` speaks its codes.
        generator: reads the history.
        seeds: positions where the station begins; they may be played themselves unless they are in `heard`.
        heard: positions that were heard already, the newest last: they are continued and never played again.
        allowed: bool [tracks]: what may be played at all; None allows everything.
        refused: whether the listener never wants to hear a track; asked of those only that would be played.
        listener: the soft token of who listens (`memory.listener`); None plays for anybody.
        knobs: how the station plays.

    Raises:
        QueryError: there is neither a seed nor anything heard, or a position is none of the catalog's.
    """
    knobs = knobs or RadioKnobs()
    if not len(seeds) and not len(heard):
        raise QueryError("a station needs a track, an artist or a genre to begin with")
    if any(not 0 <= position < len(stock) for position in (*seeds, *heard)):
        raise QueryError("a station begins with a track that the catalog does not have")
    columns = stock.searcher.columns
    kind = columns.of_kinds(columns.kinds_at(seeds if len(seeds) else heard))
    allowed = kind if allowed is None else kind & allowed
    return _stream(stock, generator, list(seeds), list(heard), allowed, refused, listener, knobs)


def _stream(
    stock: Stock,
    generator: Continues,
    seeds: list[int],
    heard: list[int],
    allowed: NDArray[np.bool_],
    refused: Callable[[int], bool] | None,
    listener: NDArray[np.float32] | None,
    knobs: RadioKnobs,
) -> Iterator[int]:
    random = np.random.default_rng(knobs.seed)
    left = allowed.copy()
    for position in heard:
        left &= stock.works != stock.works[position]
    familiar = np.isin(stock.artists, stock.artists[[*seeds, *heard]])
    codes = stock.codes.codes(np.arange(len(stock)))
    counted = np.array([modality is not SILENT for modality in MODALITIES], dtype=np.float32)
    artists = [int(stock.artists[position]) for position in heard]
    played = 0
    scores: NDArray[np.floating] | None = None

    def gained(dialogue: Dialogue) -> NDArray[np.floating]:
        gains = generator.distribution(dialogue, listener).log_probabilities(codes) - stock.prior.log_p
        gained: NDArray[np.floating] = np.clip(gains, -LIMIT, LIMIT) @ counted
        return gained

    starts = range(0, min(len(seeds), SEEDS * ANCHORS), SEEDS)
    alone = [gained(_dialogue(stock, seeds[at : at + SEEDS], [], 0)) for at in starts]
    anchor = np.mean(alone, axis=0) if alone else np.zeros(len(stock))
    opening = np.isin(np.arange(len(stock)), seeds)
    while left.any():
        if scores is None:
            scores = gained(_dialogue(stock, seeds, heard, played)) + anchor
        rested = left & ~np.isin(stock.artists, artists[-APART:])
        if knobs.per_artist is not None:
            numbers, counts = np.unique(artists[len(artists) - played :], return_counts=True)
            over = np.isin(stock.artists, numbers[counts >= knobs.per_artist])
            rested &= ~over
            left &= ~over
        if not played and knobs.discovery < 1 and (rested & opening).any():
            rested &= opening
        # A small catalog may have nobody else left to play.
        candidates = np.flatnonzero(rested if rested.any() else left)
        if not len(candidates):
            return
        position = _chosen(candidates, scores[candidates], stock.popularity, familiar, knobs.discovery, random)
        if refused is not None and refused(position):
            left[position] = False
            continue
        left &= stock.works != stock.works[position]
        scores = None
        heard = [*heard, position]
        artists.append(int(stock.artists[position]))
        played += 1
        yield position


def _chosen(
    candidates: NDArray[np.int64],
    scores: NDArray[np.floating],
    popularity: NDArray[np.float32],
    familiar: NDArray[np.bool_],
    discovery: float,
    random: np.random.Generator,
) -> int:
    """Return a candidate: by score in units of their spread, less what is known already, and some chance."""
    if len(candidates) > CANDIDATES:
        best = np.argpartition(-scores, CANDIDATES)[:CANDIDATES]
        candidates, scores = candidates[best], scores[best]
    spread = float(scores.std()) or 1.0
    value = scores / spread - discovery * (2 * popularity[candidates] + 2 * familiar[candidates])
    # The largest of values with Gumbel noise is a draw from their softmax.
    noise = -np.log(-np.log(random.uniform(1e-12, 1, len(candidates))))
    return int(candidates[int(np.argmax(value + discovery * noise))])


def _dialogue(stock: Stock, seeds: Sequence[int], heard: Sequence[int], played: int) -> Dialogue:
    """Return what the generator reads: seeds, then the newest songs, all of them liked, and no message."""
    shown = [seeds[(played + number) % len(seeds)] for number in range(min(SEEDS, len(seeds)))]
    shown = list(dict.fromkeys((*shown, *heard[-NEWEST if seeds else -SEEDS - NEWEST :])))
    rows = stock.codes.codes(np.array(shown, dtype=np.int64))
    turns = [
        music_turn(row, f"{track.title} by {track.artist}", liked=True)
        for row, track in zip(rows, map(stock.catalog.at, shown), strict=True)
    ]
    return Dialogue(turns=(*turns, DialogueTurn(role="user")))
