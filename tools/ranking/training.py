"""Learning to rank from dialogues: the two-tower retriever, then the order over all sources.

Nothing may judge what it has learnt from. The dialogues are dealt into folds; for each fold a tower is trained on the
others and shows the fold's candidates to the ranker. The generator must not have seen any of the dialogues. The tower
that is kept has learnt from all folds. Knows catalogs, dialogues and requests; where weights rest is told by others.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.names import artist_key
from segue.generator.sentences import TextEncoder
from segue.generator.training_data.artist_requests import ArtistRequests
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.dense import DenseIndex
from segue.tools.ranking.asked import EARLIER, Asked
from segue.tools.ranking.dialogues import JudgedTurn
from segue.tools.ranking.features import gather
from segue.tools.ranking.fitting import Judged, fit_ranker
from segue.tools.ranking.ranker import Rankers
from segue.tools.ranking.recommend import DEPTH, union
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.stock import Distributes, Stock
from segue.tools.ranking.tower import Tower
from segue.tools.ranking.tower_artefact import described, encoded
from segue.tools.ranking.tower_training import Shelf, TowerSettings, Wants, train_tower

FOLDS: Final = 5
Report = Callable[[str], None]


@dataclass(frozen=True)
class Learnt:
    """What came of a training."""

    tower: Tower
    rankers: Rankers
    turns: int
    """Judged turns that the ranker was fitted to."""


def learn(
    catalog: Catalog,
    turns: Sequence[JudgedTurn],
    requests: Sequence[ArtistRequests],
    generator: Distributes | None,
    *,
    settings: TowerSettings | None = None,
    report: Report = lambda _: None,
) -> Learnt:
    """Return tower and rankers. `requests` were written for artists; `generator` never saw the dialogues of `turns`;
    None: the ranker gives a generator no weight.

    Raises ValueError where there is no turn, or no turn's liked tracks are among the candidates.
    """
    if not turns:
        raise ValueError("no dialogue likes a track of this catalog: there is nothing to learn")
    settings = settings or TowerSettings()
    stock = Stock(catalog, generator=generator)
    encoder = stock.searcher.encoder
    report("reading biographies")
    shelf = shelf_of(catalog, encoder)
    report("reading requests")
    spoken, written = _spoken(turns, encoder), _written(catalog, requests, encoder)
    fold = np.array([_fold(turn.dialogue) for turn in turns])
    judged: list[Judged] = []
    for number in range(FOLDS):
        if not (fold == number).any() or (fold == number).all():
            continue
        report(f"fold {number + 1} of {FOLDS}")
        tower = train_tower(shelf, spoken.take(np.flatnonzero(fold != number)), written, encoder.fingerprint, settings)
        let_see(stock, tower, shelf)
        judged += [_judged(stock, turns[at]) for at in np.flatnonzero(fold == number).tolist()]
    report("fitting the order")
    sources = tuple(SOURCES)
    without = {
        source: fit_ranker([turn.without(number) for turn in judged], sources) for number, source in enumerate(sources)
    }
    rankers = Rankers(fit_ranker(judged, sources), without)
    report("training the tower on all dialogues")
    # More data for the same number of passes.
    steps = round(settings.steps * FOLDS / (FOLDS - 1))
    tower = train_tower(shelf, spoken, written, encoder.fingerprint, replace(settings, steps=steps))
    return Learnt(tower, rankers, len(judged))


def _fold(dialogue: str) -> int:
    # Another hash than the one that holds dialogues out, which would leave a fold empty.
    return int(hashlib.sha256(f"fold {dialogue}".encode()).hexdigest(), 16) % FOLDS


def shelf_of(catalog: Catalog, encoder: TextEncoder) -> Shelf:
    """Return a catalog's tracks as vectors; biographies are embedded, which takes minutes for thousands of artists."""
    vectors, known = encoded([described(track.artists[0]) for track in catalog], encoder)
    return Shelf(np.array(catalog.dense.vectors), vectors, known)


def _spoken(turns: Sequence[JudgedTurn], encoder: TextEncoder) -> Wants:
    earlier = [" ".join(past.message for past in turn.state.past[-EARLIER:]).strip() for turn in turns]
    vectors = encoder.encode([*(turn.state.message for turn in turns), *earlier])
    said = np.array([bool(text) for text in earlier])
    return Wants(
        vectors[: len(turns)],
        np.where(said[:, None], vectors[len(turns) :], np.float32(0)),
        [turn.state.liked for turn in turns],
        [turn.relevant for turn in turns],
    )


def _written(catalog: Catalog, requests: Sequence[ArtistRequests], encoder: TextEncoder) -> Wants:
    tracks: dict[str, list[int]] = {}
    for position, track in enumerate(catalog):
        tracks.setdefault(artist_key(track.artists[0].name), []).append(position)
    pairs = [
        (text, tuple(tracks[key]))
        for row in requests
        if (key := artist_key(row.artist)) in tracks
        for text in row.requests
    ]
    vectors = encoder.encode([text for text, _ in pairs])
    return Wants(vectors, np.zeros_like(vectors), [()] * len(pairs), [answers for _, answers in pairs])


def let_see(stock: Stock, tower: Tower, shelf: Shelf) -> None:
    """Let a stock retrieve by a tower that the catalog was not built with."""
    dense = stock.catalog.dense
    vectors = tower.tracks(shelf.descriptions, shelf.biographies, shelf.known)
    stock.tower = tower
    stock.tower_index = DenseIndex(stock.catalog.folder, vectors, dense.encoder, stock.catalog.position)


def _judged(stock: Stock, turn: JudgedTurn) -> Judged:
    asked = Asked(turn.state, stock)
    allowed: NDArray[np.bool_] = np.ones(len(stock), dtype=bool)
    allowed[list(turn.state.rated)] = False
    found = {name: find(asked, allowed, DEPTH) for name, find in SOURCES.items()}
    rows = union(found.values())
    return Judged(gather(asked, found, rows), np.isin(rows, turn.relevant))
