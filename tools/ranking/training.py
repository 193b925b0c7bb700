"""Learning to rank from dialogues: the two-tower retriever, then the order over all sources.

Nothing may judge what it has learnt from. The dialogues, and the artists that requests were written for, are dealt into
folds; for each fold a tower is trained on the others and shows the fold's candidates to the ranker, and so does a
generator (which has folds of its own, as its training takes longer). The tower that is kept has learnt from all.
Knows catalogs, dialogues and requests; where weights rest is told by others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.generator.names import artist_key
from segue.generator.sentences import TextEncoder
from segue.generator.training_data.artist_requests import ArtistRequests
from segue.generator.training_data.example import fold_of
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.dense import DenseIndex
from segue.tools.ranking.asked import EARLIER, Asked
from segue.tools.ranking.dialogues import JudgedTurn
from segue.tools.ranking.features import gather
from segue.tools.ranking.fitting import Judged, fit_ranker
from segue.tools.ranking.folds import unseeing
from segue.tools.ranking.ranker import Rankers
from segue.tools.ranking.recommend import DEPTH, union
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.stock import Distributes, Stock
from segue.tools.ranking.tower import Tower
from segue.tools.ranking.tower_artefact import described, encoded
from segue.tools.ranking.tower_training import Shelf, TowerSettings, Wants, train_tower

FOLDS: Final = 5
REQUESTS: Final = 600
"""Artists one request for each of whom is judged as well."""
REQUEST_WEIGHT: Final = 0.25
"""How much such a request counts beside a turn of a dialogue: people who talk are the aim, but they do not describe."""
Report = Callable[[str], None]


@dataclass(frozen=True)
class Learnt:
    """What came of a training."""

    tower: Tower
    rankers: Rankers
    turns: int
    """Judged turns that the ranker was fitted to."""
    requests: int
    """Judged requests that it was fitted to as well."""


@dataclass(frozen=True, eq=False)
class Fold:
    """What one fold brings to the order."""

    number: int
    tower: Tower
    """Has learnt from all other folds."""
    judged: list[Judged]
    """The fold's own turns, and its requests written for artists, as that tower sees them."""

    def holds(self, origin: str) -> bool:
        """Tell whether a dialogue or an artist belongs to this fold."""
        return fold_of(origin, FOLDS) == self.number


def learn(
    catalog: Catalog,
    turns: Sequence[JudgedTurn],
    requests: Sequence[ArtistRequests],
    generators: Sequence[Distributes],
    *,
    settings: TowerSettings | None = None,
    report: Report = lambda _: None,
) -> Learnt:
    """Return tower and rankers. `requests` were written for artists; generator n of `generators` has learnt from no
    dialogue and no artist of fold n (`training_data.example.fold_of`). Without any, a generator gets no weight.

    Raises ValueError where there is no turn, or no turn's liked tracks are among the candidates.
    """
    lessons = Lessons(catalog, turns, requests, generators, settings=settings, report=report)
    judged = [turn for fold in lessons.folds() for turn in fold.judged]
    report("fitting the order")
    rankers = fit_rankers(judged, tuple(SOURCES))
    report("training the tower on all dialogues")
    return Learnt(lessons.tower(), rankers, len(turns), len(lessons.asked_for))


def fit_rankers(judged: Sequence[Judged], silent: Sequence[str]) -> Rankers:
    """Return the order over all sources, and the one without each of `silent`.

    Raises ValueError where no turn's liked tracks are among the candidates.
    """
    sources = tuple(SOURCES)
    without = {
        source: fit_ranker([turn.without(sources.index(source), sources) for turn in judged], sources)
        for source in silent
    }
    return Rankers(fit_ranker(judged, sources), without)


class Lessons:
    """Dialogues and requests over one catalog, dealt into folds."""

    def __init__(
        self,
        catalog: Catalog,
        turns: Sequence[JudgedTurn],
        requests: Sequence[ArtistRequests],
        generators: Sequence[Distributes],
        *,
        settings: TowerSettings | None = None,
        report: Report = lambda _: None,
    ) -> None:
        """See `learn`. Raises ValueError where there is no turn."""
        if not turns:
            raise ValueError("no dialogue likes a track of this catalog: there is nothing to learn")
        self._turns = turns
        self._generators = generators
        self._settings = settings or TowerSettings()
        self._report = report
        self._stock = Stock(catalog)
        encoder = self._stock.searcher.encoder
        self._encoder = encoder.fingerprint
        report("reading biographies")
        self._shelf = shelf_of(catalog, encoder)
        report("reading requests")
        pairs = _pairs(catalog, requests)
        self._spoken, self._written = _spoken(turns, encoder), _written(pairs, encoder)
        self._fold = _folds([turn.dialogue for turn in turns])
        self._artist_fold = _folds([pair.artist for pair in pairs])
        self.asked_for = _judged_requests(pairs, self._settings.seed)
        """Requests that are judged as first turns."""

    def folds(self) -> Iterator[Fold]:
        """Train and judge fold by fold; a fold that holds no turn, or all of them, is left out."""
        for number in range(FOLDS):
            own = self._fold == number
            if not own.any() or own.all():
                continue
            self._report(f"fold {number + 1} of {FOLDS}")
            others = np.flatnonzero(~own), np.flatnonzero(self._artist_fold != number)
            tower = self._trained(self._spoken.take(others[0]), self._written.take(others[1]), self._settings)
            let_see(self._stock, tower, self._shelf)
            judged = [self._judged(self._turns[at]) for at in np.flatnonzero(own).tolist()]
            asked = [turn for turn in self.asked_for if fold_of(turn.dialogue, FOLDS) == number]
            judged += [replace(self._judged(turn), weight=REQUEST_WEIGHT) for turn in asked]
            yield Fold(number, tower, judged)

    def tower(self) -> Tower:
        """Return the tower that has learnt from everything."""
        # More data for the same number of passes.
        steps = round(self._settings.steps * FOLDS / (FOLDS - 1))
        return self._trained(self._spoken, self._written, replace(self._settings, steps=steps))

    def _trained(self, spoken: Wants, written: Wants, settings: TowerSettings) -> Tower:
        return train_tower(self._shelf, spoken, written, self._encoder, settings)

    def _judged(self, turn: JudgedTurn) -> Judged:
        self._stock.generator = unseeing(self._generators, turn.dialogue)
        asked = Asked(turn.state, self._stock)
        allowed: NDArray[np.bool_] = np.ones(len(self._stock), dtype=bool)
        allowed[list(turn.state.rated)] = False
        found = {name: find(asked, allowed, DEPTH) for name, find in SOURCES.items()}
        rows = union(found.values())
        return Judged(gather(asked, found, rows), np.isin(rows, turn.relevant))


def _folds(origins: Sequence[str]) -> NDArray[np.int64]:
    return np.array([fold_of(origin, FOLDS) for origin in origins], dtype=np.int64)


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


class _Pair(NamedTuple):
    """A request and the tracks of the artist that it was written for."""

    artist: str
    """The artist's key."""
    text: str
    answers: tuple[int, ...]


def _pairs(catalog: Catalog, requests: Sequence[ArtistRequests]) -> list[_Pair]:
    tracks: dict[str, list[int]] = {}
    for position, track in enumerate(catalog):
        tracks.setdefault(artist_key(track.artists[0].name), []).append(position)
    return [
        _Pair(key, text, tuple(tracks[key]))
        for row in requests
        if (key := artist_key(row.artist)) in tracks
        for text in row.requests
    ]


def _written(pairs: Sequence[_Pair], encoder: TextEncoder) -> Wants:
    vectors = encoder.encode([pair.text for pair in pairs])
    return Wants(vectors, np.zeros_like(vectors), [()] * len(pairs), [pair.answers for pair in pairs])


def _judged_requests(pairs: Sequence[_Pair], seed: int) -> list[JudgedTurn]:
    """Return one request each for up to `REQUESTS` artists, as first turns."""
    random = np.random.default_rng(seed)
    of_artist: dict[str, list[_Pair]] = {}
    for pair in pairs:
        of_artist.setdefault(pair.artist, []).append(pair)
    artists = random.permutation(sorted(of_artist))[:REQUESTS].tolist()
    chosen = [of_artist[artist][random.integers(len(of_artist[artist]))] for artist in artists]
    return [JudgedTurn(pair.artist, 1, Situation(pair.text), pair.answers) for pair in chosen]


def let_see(stock: Stock, tower: Tower, shelf: Shelf) -> None:
    """Let a stock retrieve by a tower that the catalog was not built with."""
    dense = stock.catalog.dense
    vectors = tower.tracks(shelf.descriptions, shelf.biographies, shelf.known)
    stock.tower = tower
    stock.tower_index = DenseIndex(stock.catalog.folder, vectors, dense.encoder, stock.catalog.position)
