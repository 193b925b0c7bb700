"""Textual modalities: a sentence embedding of the rendered text (3MToken, section 2.1).

Each distinct text is encoded once, however many tracks share it (a biography is shared by all tracks of an artist).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from segue.generator.encoders.features import Features, State
from segue.generator.encoders.rendering import render
from segue.generator.errors import TokenizerMismatch
from segue.generator.modality import Modality
from segue.generator.sentences import TextEncoder
from segue.generator.track import Track

KIND: Final = "text"


def check_sentences(modality: Modality, trained_with: str | None, sentences: TextEncoder) -> None:
    """Raise TokenizerMismatch where codebooks were trained on another sentence encoder's vectors; None: not trained."""
    if trained_with not in (None, sentences.fingerprint):
        raise TokenizerMismatch(
            f"{modality} was trained on sentence embeddings {trained_with}, "
            f"but {sentences.name} is {sentences.fingerprint}"
        )


class RenderedTextEncoder:
    """Encodes the text of BM, ST, SF or AB; vectors have length 1.

    `fingerprint`, where given, is that of the sentence encoder that the codebooks were trained with; encoding with
    another raises TokenizerMismatch.
    """

    def __init__(self, modality: Modality, sentences: TextEncoder, *, fingerprint: str | None = None) -> None:
        self.modality = modality
        self._sentences = sentences
        self._fingerprint = fingerprint

    @property
    def dimension(self) -> int:
        """Length of one sentence embedding (384 for the bundled MiniLM)."""
        return self._sentences.dimension

    def fit(self, tracks: Sequence[Track]) -> None:
        """Do nothing: the sentence encoder is not trained."""

    def encode(self, tracks: Sequence[Track]) -> Features:
        """Return unit vectors; a track without a text is not known."""
        check_sentences(self.modality, self._fingerprint, self._sentences)
        texts = [render(track, self.modality) for track in tracks]
        distinct = {text: row for row, text in enumerate(dict.fromkeys(text for text in texts if text is not None))}
        known = np.array([text is not None for text in texts], dtype=np.bool_)
        rows = [distinct[text] for text in texts if text is not None]
        return Features.scatter(known, self._sentences.encode(list(distinct))[rows])

    def state(self) -> State:
        """Return the modality and the fingerprint of the sentence encoder."""
        return State({"kind": KIND, "modality": str(self.modality), "sentences": self._sentences.fingerprint})

    @classmethod
    def restore(cls, state: State, sentences: TextEncoder) -> "RenderedTextEncoder":
        """Return the encoder whose `state` this is."""
        return cls(Modality(state.config["modality"]), sentences, fingerprint=state.config["sentences"])
