"""A situation as the sources read it: each reading (vector, mentions, distribution) is made once and shared.

Knows a situation and the stock; no source and no order.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.dialogue import Dialogue, DialogueTurn, music_turn
from segue.generator.distribution import CodeDistribution
from segue.generator.errors import QueryError
from segue.generator.once import once
from segue.tools.importance.weights import ModalityWeights
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.stock import ReadsListeners, Stock
from segue.tools.search.entities import Mention
from segue.tools.search.query import Understood, understand

Floats = NDArray[np.float32]
EARLIER: Final = 3
"""Earlier messages that make up the context, the latest ones."""
HEARD: Final = 6
"""Liked tracks that count, the latest ones."""


class Asked:
    """What is asked for. `weights` override what the importance head says of the message.

    `listener` is the soft token of who asks; raises QueryError for a generator that reads none.
    """

    def __init__(
        self,
        situation: Situation,
        stock: Stock,
        *,
        weights: ModalityWeights | None = None,
        listener: Floats | None = None,
    ) -> None:
        if listener is not None and not isinstance(stock.generator, ReadsListeners):
            raise QueryError("there is no generator here that reads a listener's soft token")
        self.situation = situation
        self.stock = stock
        self._weights = weights
        self._listener = listener

    @once
    def mentions(self) -> list[Mention]:
        """Artists, titles and albums of the catalog that the message names."""
        return self.stock.searcher.linker.link(self.situation.message, bare=True)

    @once
    def understood(self) -> Understood:
        """The message without what can only be a filter."""
        return understand(self.situation.message, self.mentions)

    @once
    def words(self) -> dict[str, Floats]:
        """BM25 scores of all tracks for the message, by field: float32 [tracks]."""
        return self.stock.searcher.lexical.field_scores(self.understood.text)

    @once
    def vector(self) -> Floats:
        """The message as a unit vector, float32 [384]."""
        return self._encode(self.situation.message)

    @once
    def earlier(self) -> Floats:
        """The messages before as one unit vector, zeros where there are none: float32 [384]."""
        text = " ".join(turn.message for turn in self.situation.past[-EARLIER:])
        return self._encode(text) if text.strip() else np.zeros_like(self.vector)

    @once
    def liked(self) -> NDArray[np.int64]:
        """Positions of the tracks liked last."""
        return np.array(self.situation.liked[-HEARD:], dtype=np.int64)

    @once
    def weights(self) -> ModalityWeights:
        """How much each modality matters to the message."""
        if self._weights is not None:
            return self._weights
        before = self.situation.past[-1].reply if self.situation.past else ""
        return self.stock.importance.score(self.situation.message, before)

    @once
    def distribution(self) -> CodeDistribution | None:
        """What the generator makes of the dialogue; None without a generator."""
        generator = self.stock.generator
        if self._listener is not None and isinstance(generator, ReadsListeners):
            return generator.distribution(self.dialogue, self._listener)
        return generator.distribution(self.dialogue) if generator is not None else None

    @property
    def dialogue(self) -> Dialogue:
        """What a generator is shown: messages, answers, and the rated tracks before the answers (TalkPlay, 4.3)."""
        turns: list[DialogueTurn] = []
        for past in self.situation.past:
            turns.append(DialogueTurn(role="user", text=past.message))
            turns += self._music(past.liked, liked=True) + self._music(past.disliked, liked=False)
            if past.reply.strip():
                turns.append(DialogueTurn(role="assistant", text=past.reply))
        turns += self._music(self.situation.like[:HEARD], liked=True)
        return Dialogue(turns=(*turns, DialogueTurn(role="user", text=self.situation.message)))

    def _music(self, positions: Sequence[int], *, liked: bool) -> list[DialogueTurn]:
        # A first message needs no codes, so that what is wrong with them does not hide what is wrong elsewhere.
        rows = self.stock.codes.codes(np.array(positions, dtype=np.int64)) if positions else ()
        tracks = (self.stock.catalog.at(at) for at in positions)
        return [
            music_turn(row, f"{track.title} by {track.artist}", liked) for track, row in zip(tracks, rows, strict=True)
        ]

    def _encode(self, text: str) -> Floats:
        vector: Floats = self.stock.searcher.encoder.encode([text])[0]
        return vector
