"""Fitting the compact generator to the tracks of one catalog: minutes on two cores, with no dialogues needed.

Starts from the shipped weights where they speak the same codes, else from heads that measure distances to the code
vectors. Knows tracks, codes and tokenizers; where a catalog keeps the result is not its business.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.compact import CompactNetwork
from segue.generator.compact_generator import load_compact
from segue.generator.errors import TokenizerMismatch
from segue.generator.layout import Codes
from segue.generator.minilm import WIDTH, MiniLM
from segue.generator.modality import Modality
from segue.generator.tokenizer import Tokenizer
from segue.generator.track import Track
from segue.generator.training.compact import Prepared, TextStates, prepare, train_compact
from segue.generator.training.corpus import ADAPTATION, Mixture, build_corpus
from segue.generator.training.fit import FitSettings, Report

SENTENCE_MODALITIES: Final = (Modality.BM, Modality.ST, Modality.SF, Modality.AB)
"""Modalities whose vectors are plain sentence embeddings."""


@dataclass(frozen=True)
class Adaptation:
    """How a catalog is learnt."""

    mixture: Mixture = ADAPTATION
    settings: FitSettings = field(default_factory=FitSettings)
    from_shipped: bool = True
    """Whether to go on from the shipped weights, if their tokenizer is this one."""


def sentence_codebooks(tokenizer: Tokenizer) -> dict[Modality, tuple[NDArray[np.float32], ...]]:
    """Return the code vectors of the modalities that live in the space of sentence vectors, by modality.

    Empty for quantizers whose code vectors are not sums in that space (an autoencoder's, random IDs).
    """
    found = {}
    for modality in SENTENCE_MODALITIES:
        quantizer = tokenizer.quantizers.get(modality)
        if quantizer is not None and quantizer.kind in {"residual-kmeans", "faiss-rq"}:
            books = quantizer.codebooks
            if all(book.shape[1] == WIDTH for book in books):
                found[modality] = books
    return found


def new_network(tokenizer: Tokenizer) -> CompactNetwork:
    """Return a network that has learnt nothing but measures distances where it can."""
    network = CompactNetwork(tokenizer.layout)
    network.start_from(sentence_codebooks(tokenizer))
    return network


def adapt(
    tracks: Sequence[Track],
    codes: Codes,
    tokenizer: Tokenizer,
    adaptation: Adaptation | None = None,
    *,
    states: TextStates | None = None,
    reading: Callable[[int, int], None] | None = None,
    report: Report | None = None,
) -> tuple[CompactNetwork, dict[str, Any]]:
    """Return a network that knows these tracks, and what it was made of (for the manifest).

    `codes` [n, 27] are the tracks' by `tokenizer`. `states` are texts read before, to which these are added: who learns
    the same requests for several kinds of codes reads them once. `reading` is called with the texts read and their
    number, `report` during the training. Raises ValueError where there are no tracks.
    """
    adaptation = adaptation or Adaptation()
    # A small catalog needs fewer examples to be seen as often, yet some thousands: how people ask must be learnt too.
    share = min(1.0, len(tracks) / 20_000)
    most = adaptation.mixture
    mixture = replace(
        most,
        requests=_scaled(most.requests, share, 2_000),
        conversations=_scaled(most.conversations, share, 500),
        playlists=_scaled(most.playlists, share, 500),
        names=_scaled(most.names, share, 500),
    )
    network, started = _start(tokenizer, from_shipped=adaptation.from_shipped)
    corpus = build_corpus(tracks, codes, mixture)
    prepared: Prepared = prepare(corpus, states or TextStates(MiniLM.load()), network, reading)
    train_compact(network, prepared, adaptation.settings, report)
    about = {
        "tracks": len(tracks),
        "examples": len(corpus.examples),
        "started_from": started,
        "epochs": adaptation.settings.epochs,
        "learning_rate": adaptation.settings.learning_rate,
        "seed": adaptation.settings.seed,
    }
    return network, about


def _scaled(most: int, share: float, least: int) -> int:
    return min(most, max(least, int(most * share)))


def _start(tokenizer: Tokenizer, *, from_shipped: bool) -> tuple[CompactNetwork, str]:
    if from_shipped:
        try:
            return load_compact(tokenizer=tokenizer.fingerprint)[0], "shipped"
        except TokenizerMismatch:
            # A catalog with a tokenizer of its own speaks other codes: what is shipped is worth nothing there.
            pass
    return new_network(tokenizer), "code vectors"
