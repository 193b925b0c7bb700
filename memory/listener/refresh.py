"""Keeping vectors up to date: of one listener when it is needed, of all whose log changed by a daily command.

Only what changed is computed again, and then from the events, so that what was undone or forgotten is gone from the
vector too. Knows stores and the model; `CodesOf` knows a catalog.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from segue.memory.listener.history import CodesOf, History, history_of
from segue.memory.listener.kept import KeptVector, VectorStore
from segue.memory.listener.model import Floats, ListenerModel

AGE: Final = timedelta(days=1)
"""After so long a vector is computed again, for what it is made of has faded."""
CHUNK: Final = 512
"""Listeners computed and stored at a time."""


async def vector_of(
    store: VectorStore,
    model: ListenerModel,
    codes_of: CodesOf,
    user: str,
    now: datetime | None = None,
    *,
    keep: bool = True,
) -> Floats:
    """Return a listener's vector, float32 [64], of the log as it is now; that of the prior for one without events.

    Without `keep` a vector that had to be computed is not written, which is what costs time: an answer need not wait
    for the disk.
    """
    now = now or datetime.now(UTC)
    state = await store.state(user)
    kept = await store.vector(user)
    if kept is not None and kept.holds(model.version, state, now - AGE):
        return kept.values
    vector = model.vector(history_of(await store.events(user), codes_of, now))
    if keep:
        await store.keep_vectors({user: KeptVector(model.version, state, now, vector)})
    return vector


async def refresh(
    store: VectorStore,
    model: ListenerModel,
    codes_of: CodesOf,
    now: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Compute the vectors of all listeners whose log changed, or whose vector is a day old or of another model.

    Returns how many there were. `progress` is called with the listeners done and their number. A listener whose log
    changes meanwhile is outdated again, and found by the next call.
    """
    now = now or datetime.now(UTC)
    users = await store.outdated(model.version, now - AGE)
    for start in range(0, len(users), CHUNK):
        chunk = users[start : start + CHUNK]
        # The state is read before the events: what comes in between is seen as a change.
        states = [await store.state(user) for user in chunk]
        histories = [history_of(await store.events(user), codes_of, now) for user in chunk]
        vectors = vectors_of(model, histories)
        await store.keep_vectors(
            {
                user: KeptVector(model.version, state, now, vector)
                for user, state, vector in zip(chunk, states, vectors, strict=True)
            }
        )
        if progress:
            progress(min(start + CHUNK, len(users)), len(users))
    return len(users)


def vectors_of(model: ListenerModel, histories: Sequence[History]) -> Floats:
    """Return the vectors, float32 [n, 64], of several histories at once."""
    codes = np.concatenate([history.codes for history in histories])
    weights = np.concatenate([history.weights for history in histories])
    ends = np.cumsum([0, *(len(history) for history in histories)])
    table = csr_matrix((weights, np.arange(len(weights)), ends), shape=(len(histories), len(weights)))
    return model.vectors(table, codes)
