"""TC: tracks that are listened to together lie close, learned from training playlists and sessions only.

A factorisation of the positive pointwise mutual information of co-listening, which is what item2vec approximates
(Levy and Goldberg 2014, "Neural word embedding as implicit matrix factorization", sections 3 and 5), but exact and
without a random order of updates. Knows `Track.listened`; never a playlist's name.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.encoders.features import Features, State
from segue.generator.encoders.keyed import KeyedVectors
from segue.generator.modality import Modality
from segue.generator.track import Track

KIND: Final = "consumption"


class ConsumptionEncoder:
    """Encodes co-listening in `dimension` dimensions; a work that was never heard with another is not known.

    What is learned belongs to works, not to rows of a catalog: a track of another catalog that is a version of a known
    work is known too.
    """

    modality = Modality.TC

    def __init__(self, works: KeyedVectors) -> None:
        self._works = works

    @classmethod
    def unfitted(cls, dimension: int = 64) -> "ConsumptionEncoder":
        """Return an encoder that knows no work yet."""
        return cls(KeyedVectors.of([], np.zeros((0, dimension), dtype=np.float32)))

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._works.dimension

    def fit(self, tracks: Sequence[Track]) -> None:
        """Learn from the playlists and sessions left in the tracks."""
        works = {work: row for row, work in enumerate(dict.fromkeys(t.work_id for t in tracks if t.listened))}
        baskets: dict[tuple[str, str], set[int]] = defaultdict(set)
        for track in tracks:
            for entry in track.listened:
                baskets[entry.kind, entry.id].add(works[track.work_id])
        vectors, known = co_listening_vectors([sorted(b) for b in baskets.values()], len(works), self.dimension)
        names = list(works)
        self._works = KeyedVectors.of([names[row] for row in np.flatnonzero(known)], vectors[known])

    def encode(self, tracks: Sequence[Track]) -> Features:
        """Return unit vectors of the works that are known."""
        rows = self._works.rows(track.work_id for track in tracks)
        return Features.scatter(rows >= 0, self._works.vectors[rows[rows >= 0]])

    def state(self) -> State:
        """Return the vectors and the hashed keys of the works."""
        return State({"kind": KIND}, {"keys": self._works.keys, "vectors": self._works.vectors})

    @classmethod
    def restore(cls, state: State) -> "ConsumptionEncoder":
        """Return the encoder whose `state` this is."""
        return cls(KeyedVectors(state.tensors["keys"], state.tensors["vectors"]))


def co_listening_vectors(
    baskets: Sequence[Sequence[int]], items: int, dimension: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return unit vectors (items, dimension) and whether each item was ever heard with another (items,).

    A basket of n items counts each of its pairs 1/(n - 1), so that a long playlist does not drown a short one.
    """
    from scipy.sparse import csr_array, diags_array
    from scipy.sparse.linalg import eigsh

    baskets = [basket for basket in baskets if len(basket) > 1]
    known = np.zeros(items, dtype=np.bool_)
    vectors = np.zeros((items, dimension), dtype=np.float32)
    if not baskets:
        return vectors, known
    indices = np.concatenate([np.array(basket) for basket in baskets])
    known[indices] = True
    starts = np.cumsum([0, *(len(basket) for basket in baskets)])
    member = csr_array((np.ones(len(indices)), indices, starts), shape=(len(baskets), items))[:, known]
    together = (member.T @ diags_array([1 / (len(b) - 1) for b in baskets]) @ member).tocoo()
    row, column = together.coords
    apart = row != column
    row, column, count = row[apart], column[apart], together.data[apart]
    total = np.bincount(row, count)
    # Contexts smoothed by 0.75 as in word2vec: rare items no longer look infinitely informative.
    context = total**0.75
    information = np.log(count * context.sum() / (total[row] * context[column]))
    kept = information > 0
    size = int(known.sum())
    matrix = csr_array((information[kept], (row[kept], column[kept])), shape=(size, size))
    rank = min(dimension, size - 1)
    rng = np.random.default_rng(0)
    values, factors = eigsh((matrix + matrix.T) / 2, k=rank, which="LA", v0=rng.standard_normal(size))
    scaled = factors * np.sqrt(np.maximum(values, 0))
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    vectors[known, :rank] = scaled / np.maximum(norms, 1e-12)
    return vectors, known
