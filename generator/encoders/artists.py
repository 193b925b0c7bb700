"""AC: who made the track, so that equal codes mean the same artist and near codes mean related artists.

Name embeddings quantize badly: "The Doors" and "3 Doors Down" are neighbours. So an artist's vector has two parts: a
neighbourhood, from what is known of the artist, and an identity, which spreads the artists of one neighbourhood evenly
and is computed from the name alone, so that an artist never seen in training has one as well.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.encoders.features import Features, State
from segue.generator.encoders.rendering import biography
from segue.generator.encoders.text import check_sentences
from segue.generator.modality import Modality
from segue.generator.names import artist_key, split_title
from segue.generator.sentences import TextEncoder
from segue.generator.track import Artist, Track

KIND: Final = "artists"
IDENTITY: Final = 32
"""Dimensions of the identity part."""
NEIGHBOURHOOD: Final = 32
"""Dimensions of the neighbourhood part."""
_IDENTITY_SHARE: Final = np.float32(0.6)


def identity_vector(name: str) -> NDArray[np.float32]:
    """Return a unit vector of 32 dimensions that depends on nothing but the artist's folded name."""
    seed = int.from_bytes(hashlib.sha256(artist_key(name).encode()).digest()[:8])
    vector = np.random.Generator(np.random.PCG64(seed)).standard_normal(IDENTITY).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def billed(track: Track) -> list[str]:
    """Return the keys of the artists billed on a track, the main artist first, guests named in the title last."""
    names = [*(artist.name for artist in track.artists), *split_title(track.title).featured]
    return list(dict.fromkeys(artist_key(name) for name in names))


class ArtistEncoder:
    """Encodes the billed artists; every track has this modality."""

    modality = Modality.AC

    def __init__(
        self,
        sentences: TextEncoder,
        mean: NDArray[np.float32],
        axes: NDArray[np.float32],
        *,
        fingerprint: str | None = None,
    ) -> None:
        self._sentences = sentences
        self._fingerprint = fingerprint
        self._mean = mean
        self._axes = axes

    @classmethod
    def unfitted(cls, sentences: TextEncoder) -> "ArtistEncoder":
        """Return an encoder that must be fitted before it encodes."""
        return cls(sentences, np.zeros(0, dtype=np.float32), np.zeros((0, 0), dtype=np.float32))

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return len(self._axes) + IDENTITY

    def fit(self, tracks: Sequence[Track]) -> None:
        """Learn the main directions in which the artists of the training tracks differ."""
        described = {artist_key(track.artists[0].name): _describe(track.artists[0]) for track in tracks}
        vectors = self._sentences.encode(list(described.values()))
        self._mean = vectors.mean(axis=0)
        _, _, directions = np.linalg.svd(vectors - self._mean, full_matrices=False)
        self._axes = directions[:NEIGHBOURHOOD].astype(np.float32)

    def encode(self, tracks: Sequence[Track]) -> Features:
        """Return one vector per track."""
        if not len(self._axes):
            raise RuntimeError("the artist encoder has not been fitted")
        check_sentences(self.modality, self._fingerprint, self._sentences)
        texts = [_describe(track.artists[0]) for track in tracks]
        distinct = {described: row for row, described in enumerate(dict.fromkeys(texts))}
        near = (self._sentences.encode(list(distinct)) - self._mean) @ self._axes.T
        identity = np.array([identity_vector(track.artists[0].name) for track in tracks]).reshape(-1, IDENTITY)
        vectors = np.hstack([near[[distinct[described] for described in texts]], _IDENTITY_SHARE * identity])
        return Features.scatter(np.ones(len(tracks), dtype=np.bool_), vectors)

    def state(self) -> State:
        """Return what was learned."""
        return State({"kind": KIND, "sentences": self._sentences.fingerprint}, {"mean": self._mean, "axes": self._axes})

    @classmethod
    def restore(cls, state: State, sentences: TextEncoder) -> "ArtistEncoder":
        """Return the encoder whose `state` this is."""
        return cls(sentences, state.tensors["mean"], state.tensors["axes"], fingerprint=state.config["sentences"])


def _describe(artist: Artist) -> str:
    return f"{artist.name}. {biography(artist) or ''}"
