"""AC: who made the track, so that equal codes mean the same artist and near codes mean related artists.

Name embeddings quantize badly: "The Doors" and "3 Doors Down" are neighbours. So an artist's vector has two parts: a
neighbourhood (with whom the artist is heard, what the biography says), which the first level quantizes, and an
identity, which spreads the artists of one neighbourhood evenly over the levels below. The identity comes from the name
alone and the neighbourhood falls back on the text, so that an artist never seen in training gets a place as well.

The codebooks must be trained on artists, not on tracks: counted by tracks, famous artists take single codewords each
and all others fall into one. `ResidualKMeans(repeats=0)` counts every distinct vector once.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.encoders.consumption import co_listening_vectors
from segue.generator.encoders.features import Features, State
from segue.generator.encoders.keyed import KeyedVectors
from segue.generator.encoders.rendering import biography
from segue.generator.encoders.text import check_sentences
from segue.generator.modality import Modality
from segue.generator.names import artist_key
from segue.generator.sentences import TextEncoder
from segue.generator.track import Artist, Track

KIND: Final = "artists"
COMPANY: Final = 64
"""Dimensions of the co-listening part."""
DESCRIPTION: Final = 32
"""Dimensions of the textual part."""
IDENTITY: Final = 6
"""Dimensions of the identity part. Few, for k-means splits few dimensions evenly and many into one big cluster."""
_DESCRIPTION_SHARE: Final = 0.5
_IDENTITY_SHARE: Final = 0.6


def identity_vector(name: str) -> NDArray[np.float32]:
    """Return a unit vector of 6 dimensions that depends on nothing but the artist's folded name."""
    seed = int.from_bytes(hashlib.sha256(artist_key(name).encode()).digest()[:8])
    vector = np.random.Generator(np.random.PCG64(seed)).standard_normal(IDENTITY)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class ArtistEncoder:
    """Encodes the main artist; every track has this modality.

    All tracks of an artist get the same vector as long as the same is known of the artist.
    """

    modality = Modality.AC
    dimension = COMPANY + DESCRIPTION + IDENTITY

    def __init__(
        self,
        sentences: TextEncoder,
        company: KeyedVectors,
        mean: NDArray[np.float32],
        axes: NDArray[np.float32],
        *,
        fingerprint: str | None = None,
    ) -> None:
        self._sentences = sentences
        self._fingerprint = fingerprint
        self._company = company
        self._mean = mean
        self._axes = axes

    @classmethod
    def unfitted(cls, sentences: TextEncoder) -> "ArtistEncoder":
        """Return an encoder that must be fitted before it encodes."""
        nobody = KeyedVectors.of([], np.zeros((0, COMPANY), dtype=np.float32))
        return cls(sentences, nobody, np.zeros(0, dtype=np.float32), np.zeros((0, 0), dtype=np.float32))

    def fit(self, tracks: Sequence[Track]) -> None:
        """Learn who is heard with whom, and the main directions in which descriptions of artists differ."""
        described = dict.fromkeys(_describe(track.artists[0]) for track in tracks)
        vectors = self._sentences.encode(list(described))
        self._mean = vectors.mean(axis=0)
        _, directions = np.linalg.eigh(np.cov(vectors - self._mean, rowvar=False, bias=True))
        self._axes = np.ascontiguousarray(directions[:, ::-1][:, :DESCRIPTION].T, dtype=np.float32)

        artists = {key: row for row, key in enumerate(dict.fromkeys(_key(t) for t in tracks if t.listened))}
        baskets: dict[tuple[str, str], set[int]] = defaultdict(set)
        for track in tracks:
            for entry in track.listened:
                baskets[entry.kind, entry.id].add(artists[_key(track)])
        company, known = co_listening_vectors([sorted(b) for b in baskets.values()], len(artists), COMPANY)
        names = list(artists)
        self._company = KeyedVectors.of([names[row] for row in np.flatnonzero(known)], company[known])

    def encode(self, tracks: Sequence[Track]) -> Features:
        """Return one vector per track."""
        if not len(self._axes):
            raise RuntimeError("the artist encoder has not been fitted")
        check_sentences(self.modality, self._fingerprint, self._sentences)
        main = [(_key(track), _describe(track.artists[0])) for track in tracks]
        distinct = {artist: row for row, artist in enumerate(dict.fromkeys(main))}
        near = np.zeros((len(distinct), COMPANY + DESCRIPTION), dtype=np.float32)
        rows = self._company.rows(key for key, _ in distinct)
        near[rows >= 0, :COMPANY] = self._company.vectors[rows[rows >= 0]]
        texts = {text: row for row, text in enumerate(dict.fromkeys(text for _, text in distinct))}
        described = (self._sentences.encode(list(texts)) - self._mean) @ self._axes.T
        described /= np.maximum(np.linalg.norm(described, axis=1, keepdims=True), 1e-9)
        near[:, COMPANY : COMPANY + self._axes.shape[0]] = (
            _DESCRIPTION_SHARE * described[[texts[text] for _, text in distinct]]
        )
        near /= np.maximum(np.linalg.norm(near, axis=1, keepdims=True), 1e-9)
        identity = np.array([identity_vector(key) for key, _ in distinct], dtype=np.float32).reshape(-1, IDENTITY)
        vectors = np.hstack([near, np.float32(_IDENTITY_SHARE) * identity])
        return Features.scatter(np.ones(len(tracks), dtype=np.bool_), vectors[[distinct[artist] for artist in main]])

    def state(self) -> State:
        """Return the table of artists and the directions of their descriptions."""
        config = {"kind": KIND, "sentences": self._sentences.fingerprint}
        table: dict[str, NDArray[Any]] = {"keys": self._company.keys, "company": self._company.vectors}
        return State(config, {"mean": self._mean, "axes": self._axes, **table})

    @classmethod
    def restore(cls, state: State, sentences: TextEncoder) -> "ArtistEncoder":
        """Return the encoder whose `state` this is."""
        company = KeyedVectors(state.tensors["keys"], state.tensors["company"])
        mean, axes = state.tensors["mean"], state.tensors["axes"]
        return cls(sentences, company, mean, axes, fingerprint=state.config["sentences"])


def _key(track: Track) -> str:
    return artist_key(track.artists[0].name)


def _describe(artist: Artist) -> str:
    about = biography(artist)
    return f"{artist.name}. {about}" if about else artist.name
