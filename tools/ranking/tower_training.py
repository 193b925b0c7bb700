"""Training the two-tower retriever on what people asked for and liked: minutes on one core.

The loss is a sampled softmax over tracks (Yi et al. 2019, "Sampling-bias-corrected neural modeling"): the wanted track
against random ones of the catalog and those of the other requests in the batch. The maps are kept near where they start
by weight decay on their change. Knows vectors; which request wants what is told by `Wants`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.tower import Tower

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float32]
LIKED: Final = 6
"""Liked tracks that a request carries, the latest ones."""
_START: Final = {"earlier": 0.3, "biography": 0.7, "liked": 0.5}
"""What the untrained tower makes of earlier messages, biographies and liked tracks; chosen on training dialogues."""


@dataclass(frozen=True, eq=False)
class Shelf:
    """The tracks of a catalog as vectors."""

    descriptions: Floats
    """float32 [tracks, d]."""
    biographies: Floats
    """float32 [tracks, d], of the main artist; zeros where there is none."""
    known: NDArray[np.bool_]
    """bool [tracks]: whether there is a biography."""


@dataclass(frozen=True, eq=False)
class Wants:
    """Requests, and the tracks that answer each."""

    messages: Floats
    """float32 [requests, d]."""
    earlier: Floats
    """float32 [requests, d]; zeros where nothing was said before."""
    liked: Sequence[tuple[int, ...]]
    """Positions of the tracks liked before, for each request."""
    answers: Sequence[tuple[int, ...]]
    """Positions of the tracks that were wanted; at least one for each request."""

    def take(self, which: NDArray[np.int64]) -> "Wants":
        """Return some of the requests."""
        picked = which.tolist()
        return Wants(
            self.messages[which],
            self.earlier[which],
            [self.liked[i] for i in picked],
            [self.answers[i] for i in picked],
        )


@dataclass(frozen=True)
class TowerSettings:
    """How the tower is trained."""

    steps: int = 150
    batch: int = 48
    """Requests of each kind in a step."""
    negatives: int = 4_096
    learning_rate: float = 3e-4
    weight_decay: float = 1e-3
    dropout: float = 0.2
    written_weight: float = 0.5
    """Weight of requests that were written for artists beside those of dialogues."""
    seed: int = 0


def untrained(dimension: int, encoder: str) -> Tower:
    """Return the tower before any training: cosines of MiniLM's vectors."""
    eye = np.eye(dimension, dtype=np.float32)
    return Tower(
        message=eye,
        earlier=_START["earlier"] * eye,
        description=eye,
        biography=_START["biography"] * eye,
        no_biography=np.zeros(dimension, dtype=np.float32),
        liked=_START["liked"],
        encoder=encoder,
    )


def train_tower(
    shelf: Shelf,
    spoken: Wants,
    written: Wants,
    encoder: str,
    settings: TowerSettings | None = None,
    *,
    report: Callable[[int, float], None] | None = None,
) -> Tower:
    """Return a tower trained on dialogues (`spoken`) and on requests written for artists (`written`, may be empty).

    `report` is called with the step and the loss on dialogues. Deterministic by seed on one machine.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    settings = settings or TowerSettings()
    start = untrained(shelf.descriptions.shape[1], encoder)
    random = np.random.default_rng(settings.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        names = ("message", "earlier", "description", "biography", "no_biography")
        base = {name: torch.from_numpy(getattr(start, name).copy()) for name in names}
        change = {name: nn.Parameter(torch.zeros_like(tensor)) for name, tensor in base.items()}
        liked_weight = nn.Parameter(torch.tensor(start.liked))
        sharpness = nn.Parameter(torch.tensor(3.0))
        optimizer = torch.optim.AdamW(
            [
                {"params": list(change.values()), "weight_decay": settings.weight_decay},
                {"params": [liked_weight, sharpness], "lr": 10 * settings.learning_rate, "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
        )
        descriptions, biographies = torch.from_numpy(shelf.descriptions), torch.from_numpy(shelf.biographies)
        known = torch.from_numpy(shelf.known)

        def tracks(rows: "Tensor") -> "Tensor":
            maps = {name: base[name] + change[name] for name in ("description", "biography", "no_biography")}
            about = torch.where(known[rows][..., None], biographies[rows] @ maps["biography"].T, maps["no_biography"])
            return functional.normalize(descriptions[rows] @ maps["description"].T + about, dim=-1)

        def queries(wants: Wants) -> "Tensor":
            words = torch.from_numpy(wants.messages) @ (base["message"] + change["message"]).T
            words = words + torch.from_numpy(wants.earlier) @ (base["earlier"] + change["earlier"]).T
            padded, real = _padded(wants.liked)
            rows, mask = torch.from_numpy(padded), torch.from_numpy(real)[..., None]
            mean = (tracks(rows) * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
            both = functional.normalize(words, dim=-1) + liked_weight * mean
            return functional.dropout(functional.normalize(both, dim=-1), settings.dropout)

        for step in range(settings.steps):
            batches = [
                wants.take(random.integers(len(wants.answers), size=settings.batch))
                for wants in (spoken, written)
                if len(wants.answers)
            ]
            wanted = [int(random.choice(answers)) for batch in batches for answers in batch.answers]
            pool = np.concatenate([wanted, random.integers(len(shelf.known), size=settings.negatives)])
            scores = torch.cat([queries(batch) for batch in batches]) @ tracks(torch.from_numpy(pool)).T
            also = [(*a, *liked) for batch in batches for a, liked in zip(batch.answers, batch.liked, strict=True)]
            hidden = torch.from_numpy(_also_right(pool, also))
            losses = functional.cross_entropy(
                (scores * sharpness.exp()).masked_fill(hidden, -1e4), torch.arange(len(wanted)), reduction="none"
            )
            loss = losses[: settings.batch].mean()
            if len(batches) > 1:
                loss = loss + settings.written_weight * losses[settings.batch :].mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if report:
                report(step + 1, float(losses[: settings.batch].detach().mean()))
        learnt = {name: (base[name] + change[name]).detach().numpy().astype(np.float32) for name in names}
        return Tower(**learnt, liked=float(liked_weight.detach()), encoder=encoder)


def _padded(liked: Sequence[tuple[int, ...]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rows = np.zeros((len(liked), LIKED), dtype=np.int64)
    real = np.zeros((len(liked), LIKED), dtype=np.float32)
    for at, positions in enumerate(liked):
        latest = positions[-LIKED:]
        rows[at, : len(latest)] = latest
        real[at, : len(latest)] = 1.0
    return rows, real


def _also_right(pool: NDArray[np.int64], right: Sequence[tuple[int, ...]]) -> NDArray[np.bool_]:
    """Return which of the pool are no negatives of a request, the one it is to find (on the diagonal) excepted."""
    hidden = np.stack([np.isin(pool, positions) for positions in right])
    at = np.arange(len(right))
    hidden[at, at] = False
    return hidden
