"""Fitting reader and heads of the parallel generator to what the language model makes of the prompts.

The model stays as it is, so that it reads each prompt once, up to the layer whose states the heads see; passes over
them are cheap then, and tens of thousands of examples can be learnt several times where training the model itself saw
them once at best. Knows examples and the model; what they are about is the corpus's business.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.generator.decoder import Decoder, refusal
from segue.generator.language import MusicLanguageModel
from segue.generator.losses import known_positions, mean_loss
from segue.generator.precision import autocast
from segue.generator.prompt import PromptBuilder
from segue.generator.training.corpus import Corpus
from segue.generator.training.fit import FitSettings, Report, fit
from segue.generator.training.kept_states import KeptStates

_READ: Final = 2_048
"""Tokens read at a time."""
Progress = Callable[[int, int], None]
"""Called with the prompts read and their number."""
Read = Callable[[Tensor], Tensor]
"""From prompts of one length, int64 [n, length], to the states behind the opening [n, tokens, d]."""


def states_of(model: MusicLanguageModel, prompts: PromptBuilder, *, half: bool = False) -> Read:
    """Return what reads prompts with a model whose changes were folded in, by `Decoder` where that runs it.

    `half` as there.
    """
    if half or refusal(model) is None:
        return Decoder(model, prompts.max_tokens + 2, prompts.opening, depth=model.depth, half=half).states

    def read(ids: Tensor) -> Tensor:
        with torch.inference_mode():
            return model.early_states(ids)[:, len(prompts.opening) :]

    return read


def train_reader(
    model: MusicLanguageModel,
    read: Read,
    prompts: PromptBuilder,
    corpus: Corpus,
    settings: FitSettings,
    *,
    reading: Progress | None = None,
    report: Report | None = None,
    every: int = 50,
) -> None:
    """Train reader and heads of `model` in place on the states that `read` makes of the prompts (see `states_of`).

    `report` is called every `every` steps and at the end.
    """
    asked = [
        np.append(prompts.prompt(corpus.dialogue(example)), prompts.codec.begin).astype(np.int64)
        for example in corpus.examples
    ]
    row = {ids: number for number, ids in enumerate(sorted({ids.tobytes() for ids in asked}, key=len))}
    kept = read_prompts(read, [np.frombuffer(ids, dtype=np.int64) for ids in row], model.width, reading)
    rows = np.array([row[ids.tobytes()] for ids in asked])
    targets = torch.from_numpy(np.stack([corpus.target(example) for example in corpus.examples]).astype(np.int64))

    def loss(numbers: NDArray[np.int64]) -> Tensor:
        with autocast():
            each = model.heads.losses(model.head_states(*kept.batch(rows[numbers])), targets[numbers])
        return mean_loss(each, known_positions(targets[numbers]))

    parts = (model.reader, model.heads)
    for part in parts:
        part.requires_grad_(True)
    fit(parts, np.arange(len(rows)), kept.lengths(rows).tolist(), loss, settings, report, every)


def read_prompts(
    read: Read, prompts: Sequence[NDArray[np.int64]], width: int, progress: Progress | None = None
) -> KeptStates:
    """Return the states, `width` wide, of prompts that are sorted by length, all of which begin with the opening."""
    kept, parts, lengths = KeptStates(width), [], []
    start = 0
    while start < len(prompts):
        length, stop = len(prompts[start]), start + 1
        # Prompts of one length need no padding.
        while stop < len(prompts) and len(prompts[stop]) == length and (stop - start) * length < _READ:
            stop += 1
        states = read(torch.from_numpy(np.stack(prompts[start:stop])))
        parts.append(states.flatten(0, 1).half())
        lengths += [states.shape[1]] * (stop - start)
        start = stop
        if progress:
            progress(start, len(prompts))
    kept.add(parts, lengths)
    return kept
