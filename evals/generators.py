"""Generators as rankers of a dialogue bench: one distribution per dialogue, read in several ways.

Rows of a generator `g`: `g` (soft: log p(codes | dialogue) - log p(codes), all modalities alike), `g, weighted` (by the
importance that the message gives each modality), `g, hard` and `g, hard weighted` (hierarchical match of the likeliest
semantic ID, as in 3MToken).

`compact`, `parallel` and `sequence` run with the shipped weights, `compact adapted` with those that `segue adapt`
fitted to the catalog (a folder that was adapted; a file is adapted on the spot), `compact random` with heads fitted to
random IDs: the control of SiriusXM's paper, for what codes without meaning are worth. `compact k-means` is fitted to
flat clusters, as many as one byte holds, and `compact anew` in the same way to the codes that ship: what these three
differ in is the codes alone, for they learn from the same requests. Knows generators and codes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from segue.evals.rankers import Corpus, Ranker, Scores
from segue.generator.codec import shared_depths
from segue.generator.dialogue import Dialogue, DialogueTurn, music_turn
from segue.generator.distribution import CodeDistribution, log_code_prior
from segue.generator.layout import UNKNOWN, CodeLayout, Codes
from segue.generator.modality import LEVELS, MODALITIES
from segue.generator.tokenizer import Tokenizer
from segue.generator.track import Track
from segue.generator.training.corpus import Mixture
from segue.tools.match import LEVEL_VALUES
from segue.tools.ranking.situation import Situation

CONTROLS: Final = Mixture(requests=8_000, conversations=2_000, playlists=1_200, names=8_000)
"""What the controls learn from: a third of an adaptation, for there are three of them and only the codes differ."""
_READ: Final[WeakKeyDictionary[Corpus, Any]] = WeakKeyDictionary()
"""What was read for the controls of a corpus (`TextStates`)."""

Weigh = Callable[[Situation], NDArray[np.float32]]
"""Nine weights for a state, float32 [9]."""


class Distributes(Protocol):
    """The part of a generator that runs at once."""

    @property
    def name(self) -> str:
        """How it is called."""

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""

    def distribution(self, dialogue: Dialogue) -> CodeDistribution:
        """Return the distribution for a dialogue."""


def dialogue_of(state: Situation, tracks: Sequence[Track], codes: Codes) -> Dialogue:
    """Return what a generator is shown of a state: messages, answers, and the rated tracks before the answers."""
    turns: list[DialogueTurn] = []
    for past in state.past:
        turns.append(DialogueTurn(role="user", text=past.message))
        for positions, liked in ((past.liked, True), (past.disliked, False)):
            for at in positions:
                turns.append(music_turn(codes[at], f"{tracks[at].title} by {tracks[at].artist}", liked))
        if past.reply.strip():
            turns.append(DialogueTurn(role="assistant", text=past.reply))
    return Dialogue(turns=(*turns, DialogueTurn(role="user", text=state.message)))


class GeneratorRows:
    """Makes the rows of one generator over a catalog with the semantic IDs `codes` [n, 27]."""

    def __init__(self, name: str, generator: Distributes, tracks: Sequence[Track], codes: Codes, weigh: Weigh) -> None:
        self._name = name
        self._generator = generator
        self._tracks = tracks
        self._codes = codes
        self._weigh = weigh
        self._prior = log_code_prior(codes, generator.layout)
        self._last: tuple[Situation, CodeDistribution, NDArray[np.float32]] | None = None

    def rows(self) -> list[Ranker]:
        """Return the four rows."""
        name = self._name
        alike = partial(_constant, np.ones(len(MODALITIES), dtype=np.float32))
        return [
            _Row(name, self._soft, alike),
            _Row(f"{name}, weighted", self._soft, self._weigh),
            _Row(f"{name}, hard", self._hard, alike),
            _Row(f"{name}, hard weighted", self._hard, self._weigh),
        ]

    @property
    def codes(self) -> Codes:
        """The semantic IDs that it speaks of: uint8 [tracks, 27]."""
        return self._codes

    def predicted(self, state: Situation) -> Codes:
        """Return the semantic ID that greedy decoding arrives at: uint8 [27]."""
        return self._generator.distribution(dialogue_of(state, self._tracks, self._codes)).best

    def by_modality(self) -> list[Ranker]:
        """Return the rows of the ablation: each modality alone, and all but each, of `g, weighted`."""
        rows: list[Ranker] = []
        for place, modality in enumerate(MODALITIES):
            alone = np.eye(len(MODALITIES), dtype=np.float32)[place]
            rows.append(_Row(f"{self._name}, {modality} alone", self._soft, partial(_constant, alone)))
            rows.append(_Row(f"{self._name}, without {modality}", self._soft, partial(self._without, 1 - alone)))
        return rows

    def _without(self, kept: NDArray[np.float32], state: Situation) -> NDArray[np.float32]:
        return self._weigh(state) * kept

    def _answer(self, state: Situation) -> tuple[CodeDistribution, NDArray[np.float32]]:
        # The rows of a turn are asked one after another, so one remembered answer serves all.
        if self._last is None or self._last[0] is not state:
            distribution = self._generator.distribution(dialogue_of(state, self._tracks, self._codes))
            self._last = (state, distribution, distribution.log_probabilities(self._codes) - self._prior)
        return self._last[1:]

    def _soft(self, state: Situation, weights: NDArray[np.float32]) -> Scores:
        scores: Scores = self._answer(state)[1] @ weights
        return scores

    def _hard(self, state: Situation, weights: NDArray[np.float32]) -> Scores:
        values = np.concatenate(([0.0], np.cumsum(LEVEL_VALUES))).astype(np.float32)
        depths = shared_depths(self._codes, self._answer(state)[0].best)
        scores: Scores = values[depths] @ weights
        return scores


def _constant(weights: NDArray[np.float32], state: Situation) -> NDArray[np.float32]:
    return weights


class _Row:
    def __init__(self, name: str, score: Callable[[Situation, NDArray[np.float32]], Scores], weigh: Weigh) -> None:
        self.name = name
        self._score = score
        self._weigh = weigh

    def scores(self, state: Situation) -> Scores:
        """See `Ranker`."""
        return self._score(state, self._weigh(state))


def _compact(corpus: Corpus, catalog: Path) -> GeneratorRows:
    from segue.generator.shipped import compact_generator

    return _rows(compact_generator(tokenizer=corpus.tokenizer), corpus)


def _compact_adapted(corpus: Corpus, catalog: Path) -> GeneratorRows:
    from segue.generator.compact_generator import CompactGenerator, load_compact
    from segue.generator.training.adapt import adapt
    from segue.tools.catalog.adapted import compact_folder

    folder = compact_folder(catalog)
    if folder is not None:
        network, fingerprint = load_compact(folder, tokenizer=corpus.tokenizer)
    else:
        tokenizer = Tokenizer.load(fingerprint=corpus.tokenizer)
        network, fingerprint = adapt(corpus.tracks, corpus.codes, tokenizer)[0], tokenizer.fingerprint
    return _rows(CompactGenerator(network, fingerprint), corpus, name="compact adapted")


def _compact_random(corpus: Corpus, catalog: Path) -> GeneratorRows:
    from segue.generator.quantizers.random_ids import RandomIds

    meaningful = Tokenizer.load()
    books = {m: RandomIds(q.sizes).fit(np.zeros((1, 1), np.float32)) for m, q in meaningful.quantizers.items()}
    tokenizer = Tokenizer(meaningful.encoders, books, meaningful.layout)
    drawn = np.zeros_like(corpus.codes)
    for modality, book in books.items():
        place = MODALITIES.index(modality) * LEVELS
        drawn[:, place : place + LEVELS] = book.encode_keys([f"{modality} {track.id}" for track in corpus.tracks])
        drawn[:, place] += UNKNOWN + 1
    # What a track lacks it still lacks: the control is about the codes alone.
    drawn[np.repeat(corpus.codes[:, ::LEVELS] == UNKNOWN, LEVELS, axis=1)] = UNKNOWN
    return _anew(corpus, tokenizer, drawn, "compact random")


def _compact_k_means(corpus: Corpus, catalog: Path) -> GeneratorRows:
    from segue.generator.quantizers.residual_kmeans import ResidualKMeans

    shipped = Tokenizer.load(fingerprint=corpus.tokenizer, sentences=corpus.encoder)
    features = {modality: encoder.encode(corpus.tracks) for modality, encoder in shipped.encoders.items()}
    # The further levels hold one code each, which says nothing: 254 is what the one byte of the first has room for.
    flat = Tokenizer.fit(features, shipped.encoders, quantizer=ResidualKMeans.kind, sizes=(254, 1, 1))
    codes = flat.encode_features(features)
    codes.reshape(len(codes), len(MODALITIES), LEVELS)[..., 1:] = 0
    return _anew(corpus, flat, codes, "compact k-means")


def _compact_anew(corpus: Corpus, catalog: Path) -> GeneratorRows:

    return _anew(corpus, Tokenizer.load(fingerprint=corpus.tokenizer), corpus.codes, "compact anew")


def _anew(corpus: Corpus, tokenizer: Tokenizer, codes: Codes, name: str) -> GeneratorRows:
    """Fit heads to the codes without the shipped weights, which know one kind of codes only."""
    from segue.generator.compact_generator import CompactGenerator
    from segue.generator.minilm import MiniLM
    from segue.generator.training.adapt import Adaptation, adapt
    from segue.generator.training.compact import TextStates

    states = _READ.setdefault(corpus, TextStates(MiniLM.load()))
    network, _ = adapt(corpus.tracks, codes, tokenizer, Adaptation(CONTROLS, from_shipped=False), states=states)
    return _rows(CompactGenerator(network, tokenizer.fingerprint), corpus, name=name, codes=codes)


def _parallel(corpus: Corpus, catalog: Path) -> GeneratorRows:
    from segue.generator.shipped import parallel_generator

    return _rows(parallel_generator(tokenizer=corpus.tokenizer), corpus)


def _sequence(corpus: Corpus, catalog: Path) -> GeneratorRows:
    from segue.generator.shipped import sequence_generator

    return _rows(sequence_generator(tokenizer=corpus.tokenizer), corpus)


def _rows(
    generator: Distributes, corpus: Corpus, *, name: str | None = None, codes: Codes | None = None
) -> GeneratorRows:
    from segue.tools.importance.score import ModalityImportance

    importance = ModalityImportance.load()

    def weigh(state: Situation) -> NDArray[np.float32]:
        before = state.past[-1].reply if state.past else ""
        return importance.score(state.message, before).shares() * len(MODALITIES)

    known = corpus.codes if codes is None else codes
    return GeneratorRows(name or generator.name, generator, corpus.tracks, known, weigh)


GENERATORS: Final[Mapping[str, Callable[[Corpus, Path], GeneratorRows]]] = MappingProxyType(
    {
        "compact": _compact,
        "compact adapted": _compact_adapted,
        "compact random": _compact_random,
        "compact k-means": _compact_k_means,
        "compact anew": _compact_anew,
        "parallel": _parallel,
        "sequence": _sequence,
    }
)
"""System name -> what builds its rows over a corpus read from a path."""
