"""The loop that fits heads to states which were read before: what the compact and the parallel generator share.

AdamW under a cosine with warm-up, batches of similar length, gradients clipped. Knows modules and losses; what is
learnt is its caller's business.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.generator.training.schedule import batches, learning_rate


@dataclass(frozen=True)
class FitSettings:
    """What the outcome depends on beside the examples."""

    epochs: int = 6
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    seed: int = 0


class Step(NamedTuple):
    """How far a training has come."""

    done: int
    total: int
    """Optimizer steps."""
    loss: float
    """Mean of the steps since the last report, nats per position."""


Report = Callable[[Step], None]


def fit(
    parts: Sequence[nn.Module],
    examples: NDArray[np.int64],
    lengths: Sequence[int],
    loss: Callable[[NDArray[np.int64]], Tensor],
    settings: FitSettings,
    report: Report | None = None,
    every: int = 50,
) -> None:
    """Train `parts` in place on the numbers `examples`, whose lengths are `lengths`; they end in evaluation mode.

    `loss` returns the mean loss of some of the numbers, a scalar; `report` is called every `every` steps and at the
    end.
    """
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    total = settings.epochs * -(-len(examples) // settings.batch)
    learnt = [parameter for part in parts for parameter in part.parameters()]
    optimizer = torch.optim.AdamW(
        learnt, lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate((step + 1) / total))
    for part in parts:
        part.train()
    losses: list[float] = []
    done = 0
    for _ in range(settings.epochs):
        for places in batches(lengths, settings.batch, random):
            mean = loss(examples[places])
            optimizer.zero_grad()
            mean.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            schedule.step()
            losses.append(mean.item())
            done += 1
            if report and (done % every == 0 or done == total):
                report(Step(done, total, float(np.mean(losses))))
                losses.clear()
    for part in parts:
        part.eval()
