"""What only the trees of the order look at: finer signs than a source's view, and what kind of message it is.

A weighted sum has no use for them: a long message is no reason for any track. But it is a reason to trust words less,
and such "if" is what trees learn. Knows a situation and tracks, no weights.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import SegueError
from segue.tools.ranking.asked import HEARD, Asked
from segue.tools.ranking.found import Rows
from segue.tools.ranking.stock import Stock

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Detail:
    """One column."""

    name: str
    source: str | None = None
    """The source that it is a part of, which is silent where the source is."""
    rising: bool = False
    """Whether more of it can only help a track."""


_FIELDS: Final = ("title", "artists", "tags", "text")
FOUND_BY: Final = "share of sources that found it"
DETAILS: Final = (
    *(Detail(f"words in {field}", "lexical", rising=True) for field in _FIELDS),
    Detail(FOUND_BY, rising=True),
    Detail("codes shared with a liked track"),
    Detail("years from the liked tracks"),
    Detail("album was liked"),
    Detail("rated tracks of the artist"),
    Detail("like the disliked tracks"),
    Detail("words of the message"),
    Detail("messages before"),
    Detail("liked tracks"),
    Detail("disliked tracks"),
)
_NO_YEARS: Final = 50.0
"""Years between a track and the liked ones where one of them has none."""


def details(asked: Asked, rows: Rows, found_by: NDArray[np.bool_]) -> Floats:
    """Return the columns of the tracks at `rows`, float32 [rows, details]; `found_by` as in `Candidates`."""
    stock, situation = asked.stock, asked.situation
    liked, disliked = asked.liked, np.array(situation.disliked[-HEARD:], dtype=np.int64)
    rated = stock.artists[sorted(situation.rated)]
    columns = [
        *(_against_the_best(asked.words.get(field), rows) for field in _FIELDS),
        found_by.mean(axis=1),
        _shared_codes(stock, rows, liked),
        _years_between(stock, rows, liked),
        np.isin(stock.albums[rows], stock.albums[liked]) & (stock.albums[rows] >= 0),
        (stock.artists[rows][:, None] == rated[None, :]).sum(axis=1),
        stock.catalog.dense.vectors[rows] @ _mean(stock.catalog.dense.vectors[disliked]),
        *(
            np.full(len(rows), count)
            for count in (
                len(situation.message.split()),
                len(situation.past),
                len(situation.liked),
                len(situation.disliked),
            )
        ),
    ]
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)


def _against_the_best(scores: Floats | None, rows: Rows) -> Floats:
    """Return each score as a share of the best one, 0 to 1."""
    if scores is None or not len(rows):
        return np.zeros(len(rows), dtype=np.float32)
    own = scores[rows]
    shares: Floats = own / max(float(own.max()), 1e-6)
    return shares


def _shared_codes(stock: Stock, rows: Rows, liked: Rows) -> Floats:
    """Return the largest share of the 27 codes that a track has in common with one that was liked."""
    if not len(liked):
        return np.zeros(len(rows), dtype=np.float32)
    try:
        own, theirs = stock.codes.codes(rows), stock.codes.codes(liked)
    except SegueError:
        # The generator cannot do without them either, and the answer says that it is missing and why.
        return np.zeros(len(rows), dtype=np.float32)
    alike = own[:, None] == theirs[None]
    shares: Floats = alike.mean(axis=2, dtype=np.float32).max(axis=1)
    return shares


def _years_between(stock: Stock, rows: Rows, liked: Rows) -> Floats:
    years, theirs = stock.years[rows], stock.years[liked]
    if not theirs.any():
        return np.full(len(rows), _NO_YEARS, dtype=np.float32)
    apart = np.abs(years - theirs[theirs > 0].mean())
    return np.where(years > 0, apart, _NO_YEARS).astype(np.float32)


def _mean(vectors: Floats) -> Floats:
    mean: Floats = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], dtype=np.float32)
    return mean
