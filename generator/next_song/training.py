"""Training a next-song model on what was heard.

After each event the model tells the next song, if it was liked, from songs drawn by popularity; the next song, if it
was disliked, is itself one to be told apart (SiriusXM, section 2: plays and thumbs as positive and negative feedback).
What is learnt is then how much likelier a song is here than elsewhere, so that being popular is no merit. Training
stops when sequences kept aside are ranked no better. Knows sequences; not where they come from.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from segue.generator.next_song.model import NextSong
from segue.generator.next_song.sequences import Heard, batch_of
from segue.generator.training.schedule import batches, learning_rate

Popularity = NDArray[np.float64]


@dataclass(frozen=True)
class NextSongSettings:
    """What the outcome depends on beside the data and the model."""

    epochs: int = 20
    """At most; the learning rate falls to nothing by the last."""
    batch: int = 256
    learning_rate: float = 1e-2
    weight_decay: float = 0.01
    negatives: int = 64
    """Songs drawn for each batch, which all its events share."""
    patience: int = 8
    """Epochs without a better figure after which training ends; the best model is kept."""
    even: float = 0.0
    """Share of the songs drawn that are drawn evenly among all, and not by popularity."""
    seed: int = 0


class Epoch(NamedTuple):
    """How a training goes."""

    number: int
    loss: float
    figure: float
    """What `judge` said of the model, nan without one."""


def popularity(sequences: Sequence[Heard], songs: int) -> Popularity:
    """Return the share of each song among all that was heard, float64 [songs], 0 for songs never heard."""
    counts = np.bincount(np.concatenate([one.songs for one in sequences]), minlength=songs).astype(np.float64)
    shares: Popularity = counts / counts.sum()
    return shares


def train_next_song(
    model: NextSong,
    sequences: Sequence[Heard],
    settings: NextSongSettings,
    *,
    songs: int,
    judge: Callable[[NextSong], float] | None = None,
    report: Callable[[Epoch], None] | None = None,
) -> int:
    """Train `model` in place, and return the number of the epoch that was kept.

    `judge` returns a figure of the model on sequences that it does not learn from, the higher the better. Raises
    ValueError where there is no sequence.
    """
    if not sequences:
        raise ValueError("nothing was heard that a next song could be learnt from")
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    shares = (1 - settings.even) * popularity(sequences, songs) + settings.even / songs
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad],
        lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98),
    )  # fmt: skip
    lengths = [len(one) for one in sequences]
    total = settings.epochs * -(-len(lengths) // settings.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate((step + 1) / total))
    best, kept, best_state = -np.inf, 0, None
    for number in range(1, settings.epochs + 1):
        model.train()
        losses = []
        for rows in batches(lengths, settings.batch, random):
            drawn = torch.from_numpy(random.choice(songs, settings.negatives, p=shares))
            loss = _loss(model, [sequences[row] for row in rows], drawn)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        model.eval()
        figure = judge(model) if judge else float("nan")
        if report:
            report(Epoch(number, float(np.mean(losses)), figure))
        if judge is None or figure > best:
            best, kept = figure, number
            best_state = copy.deepcopy(model.state_dict()) if judge else None
        elif number - kept >= settings.patience:
            break
    if best_state is not None:
        model.load_state_dict(best_state)
    return kept


def _loss(model: NextSong, sequences: Sequence[Heard], drawn: Tensor) -> Tensor:
    heard = batch_of(sequences)
    real = heard.real[:, 1:]
    states = model(heard)[:, :-1][real]
    following, liked = heard.songs[:, 1:][real], heard.liked[:, 1:][real].to(states.dtype)
    own = (states * model.songs(following)).sum(dim=-1)
    others = states @ model.songs(drawn).T
    # A song drawn by chance that is the next one says nothing against it.
    apart = (drawn[None] != following[:, None]).to(states.dtype)
    told = functional.binary_cross_entropy_with_logits(own, liked, reduction="none")
    drawn_loss = functional.softplus(others) * apart
    return (told + drawn_loss.sum(dim=-1) / apart.sum(dim=-1).clamp(min=1)).mean()
