"""Training the compact generator: minutes on two processor cores, for what ships and for a fresh catalog alike.

MiniLM stays as it is, so its token states are made once per distinct text and kept in half precision; each pass over
the examples then costs a few small matrix products. The loss is the cross-entropy of the codes of the target's known
modalities. Knows examples and networks; what they are about is the corpus's business.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.generator.compact import CompactNetwork, Music, Texts, music_batch, played, read_texts, spoken
from segue.generator.losses import known_positions, mean_loss
from segue.generator.minilm import WIDTH, MessageTokenizer, MiniLM
from segue.generator.precision import autocast
from segue.generator.training.corpus import Corpus
from segue.generator.training.fit import FitSettings, Report, fit
from segue.generator.training.kept_states import KeptStates

_READ: Final = 128
"""Texts that the body reads at a time."""


class TextStates(KeptStates):
    """Token states of many texts by MiniLM, each read once."""

    def __init__(self, body: MiniLM) -> None:
        super().__init__(WIDTH)
        self._body = body
        self._tokenizer = MessageTokenizer()
        self._row: dict[str, int] = {}

    def read(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> None:
        """Read those texts that have not been read. `progress` is called with the texts done and their total."""
        new = sorted(dict.fromkeys(text for text in texts if text not in self._row), key=len)
        parts: list[Tensor] = []
        lengths: list[int] = []
        for start in range(0, len(new), _READ):
            # Half precision is kept anyway.
            with autocast():
                states, real = read_texts(self._body, self._tokenizer, new[start : start + _READ])
            parts.append(states[real].half())
            lengths += real.sum(dim=1).tolist()
            if progress:
                progress(min(start + _READ, len(new)), len(new))
        self._row |= {text: row for row, text in enumerate(new, start=len(self))}
        self.add(parts, lengths)

    def rows(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return the numbers of texts that were read."""
        return np.array([self._row[text] for text in texts], dtype=np.int64)

    def batch(self, rows: NDArray[np.int64]) -> Texts:
        """Return the padded states of these texts."""
        return Texts(*super().batch(rows))


class Prepared(NamedTuple):
    """Examples as the network reads them, row by row."""

    states: TextStates
    message: NDArray[np.int64]
    before: NDArray[np.int64]
    music: list[tuple[NDArray[np.uint8], NDArray[np.int64]]]
    targets: Tensor
    """int64 [n, 27]."""

    def batch(self, rows: NDArray[np.int64]) -> tuple[Texts, Texts, Music]:
        """Return what the network takes for these examples."""
        music = music_batch([self.music[row] for row in rows.tolist()])
        return self.states.batch(self.message[rows]), self.states.batch(self.before[rows]), music


def prepare(
    corpus: Corpus, states: TextStates, network: CompactNetwork, progress: Callable[[int, int], None] | None = None
) -> Prepared:
    """Read what `states` lacks of a corpus's texts. `progress` is called with the texts done and their total."""
    dialogues = [corpus.dialogue(example) for example in corpus.examples]
    texts = [spoken(dialogue) for dialogue in dialogues]
    states.read([text for pair in texts for text in pair], progress)
    return Prepared(
        states,
        states.rows([message for message, _ in texts]),
        states.rows([before for _, before in texts]),
        [played(dialogue, network.layout) for dialogue in dialogues],
        torch.from_numpy(np.stack([corpus.target(e) for e in corpus.examples]).astype(np.int64)),
    )


def train_compact(
    network: CompactNetwork,
    prepared: Prepared,
    settings: FitSettings,
    report: Report | None = None,
    every: int = 50,
    only: Sequence[int] | None = None,
) -> None:
    """Train `network` in place, on all examples or on those with the numbers `only`.

    `report` is called every `every` steps and at the end.
    """
    chosen = np.arange(len(prepared.message)) if only is None else np.asarray(only)
    lengths = prepared.states.lengths(prepared.message[chosen]) + prepared.states.lengths(prepared.before[chosen])

    def loss(rows: NDArray[np.int64]) -> Tensor:
        targets = prepared.targets[rows]
        # Products in bfloat16 where that is quick; weights and their updates stay float32.
        with autocast():
            each = network.heads.losses(network(*prepared.batch(rows)), targets)
        return mean_loss(each, known_positions(targets))

    fit([network], chosen, lengths.tolist(), loss, settings, report, every)
