"""Training the autoencoder of listeners: from a part of what somebody likes, find the rest among other tracks.

The history is a random part of what is liked and disliked, with the weights of likes, plays and skips of all ages; the
rest must score above the tracks that others like and above tracks drawn at random, and what is disliked below it.
Knows people by rows and tracks by codes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from segue.generator.training.schedule import learning_rate
from segue.memory.evidence import SIGNS
from segue.memory.listener.autoencoder import ListenerAutoencoder
from segue.memory.listener.people import Person


@dataclass(frozen=True)
class ListenerSettings:
    """What the outcome depends on beside people and catalog."""

    steps: int = 1200
    batch: int = 128
    learning_rate: float = 3e-3
    strangers: int = 512
    """Tracks drawn at random for each batch."""
    seed: int = 0


class Half(NamedTuple):
    """A person cut in two: what is known of them, and what is to be found."""

    rows: NDArray[np.int64]
    weights: NDArray[np.float32]
    wanted: NDArray[np.int64]
    unwanted: NDArray[np.int64]


Report = Callable[[int, int, float], None]
"""Called with the steps done, their number, and the mean loss since the last call."""


def cut(person: Person, random: np.random.Generator, *, most: int = 20, wanted: int = 4) -> Half:
    """Cut a person at random. One history in twenty is empty, so that the prior is learnt."""
    liked = random.permutation(np.array(person.liked, dtype=np.int64))
    known = 0 if random.random() < 0.05 else int(random.integers(1, min(len(liked) - 1, most) + 1))
    disliked = random.permutation(np.array(person.disliked, dtype=np.int64))
    against = int(random.integers(0, len(disliked) + 1)) if known else 0
    # Some of what is liked was only played, and some of what is disliked only skipped; everything has an age.
    plays, skips = random.random(known) < 0.2, random.random(against) < 0.4
    signs = (
        np.where(plays, SIGNS["played"], SIGNS["liked"]),
        np.where(skips, SIGNS["skipped"], SIGNS["disliked"]),
    )
    weights = np.concatenate(signs) * random.uniform(0.2, 1.0, known + against)
    return Half(
        np.concatenate((liked[:known], disliked[:against])),
        weights.astype(np.float32),
        liked[known : known + wanted],
        disliked[against : against + wanted],
    )


def sums_of(vectors: Tensor, weights: Tensor, owner: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the sums [count, 2, d] and masses [count, 2] of weighted vectors [n, d], by owner and by sign."""
    sides = torch.stack((weights.clamp(min=0), (-weights).clamp(min=0)), dim=1)
    sums = vectors.new_zeros(count, 2, vectors.shape[1])
    sums.index_add_(0, owner, sides[..., None] * vectors[:, None])
    return sums, vectors.new_zeros(count, 2).index_add_(0, owner, sides)


def users_of(model: ListenerAutoencoder, places: Tensor, halves: Sequence[Half]) -> Tensor:
    """Return the vectors [n, USER] of people by what is known of them; `places` [tracks, 27] are the catalog's."""
    rows = torch.from_numpy(np.concatenate([half.rows for half in halves]))
    weights = torch.from_numpy(np.concatenate([half.weights for half in halves]))
    owner = torch.repeat_interleave(torch.arange(len(halves)), torch.tensor([len(half.rows) for half in halves]))
    sums, mass = sums_of(model.tracks(places[rows]), weights, owner, len(halves))
    users: Tensor = model(sums, mass)
    return users


def train_listeners(
    model: ListenerAutoencoder,
    places: Tensor,
    people: Sequence[Sequence[Person]],
    settings: ListenerSettings,
    report: Report | None = None,
) -> None:
    """Train in place. `people` are groups that are drawn from evenly, however many are in each; empty ones are not.

    Raises ValueError where nobody is in any group.
    """
    groups = [group for group in people if group]
    if not groups:
        raise ValueError("nobody to learn from: the catalog has neither playlists nor artists with three tracks")
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate((step + 1) / settings.steps))
    model.train()
    losses: list[float] = []
    for step in range(1, settings.steps + 1):
        chosen = [draw(groups, random) for _ in range(settings.batch)]
        loss = _loss(model, places, chosen, [cut(person, random) for person in chosen], settings.strangers, random)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if report and (step % 100 == 0 or step == settings.steps):
            report(step, settings.steps, float(np.mean(losses)))
            losses.clear()
    model.eval()


def draw(groups: Sequence[Sequence[Person]], random: np.random.Generator) -> Person:
    """Draw a person: first the group, then one in it."""
    group = groups[int(random.integers(len(groups)))]
    return group[int(random.integers(len(group)))]


def _loss(
    model: ListenerAutoencoder,
    places: Tensor,
    people: Sequence[Person],
    halves: Sequence[Half],
    strangers: int,
    random: np.random.Generator,
) -> Tensor:
    users = users_of(model, places, halves)
    wanted = np.concatenate([half.wanted for half in halves])
    owner = np.repeat(np.arange(len(halves)), [len(half.wanted) for half in halves])
    candidates = np.unique(np.concatenate((wanted, random.integers(0, len(places), strangers))))
    scores = model.scores(users, model.tracks(places[candidates]))
    # What else a person likes is no wrong answer.
    theirs = np.zeros((len(people), len(candidates)), dtype=bool)
    for number, person in enumerate(people):
        theirs[number] = np.isin(candidates, person.liked)
    at = np.searchsorted(candidates, wanted)
    own = scores[owner, at]
    others = scores.masked_fill(torch.from_numpy(theirs), -torch.inf)[owner]
    loss = (torch.logaddexp(torch.logsumexp(others, dim=-1), own) - own).mean()
    unwanted = np.concatenate([half.unwanted for half in halves])
    if len(unwanted):
        by = np.repeat(np.arange(len(halves)), [len(half.unwanted) for half in halves])
        disliked = (users[by] * model.decode(model.tracks(places[unwanted]))).sum(dim=-1) / users.shape[1] ** 0.5
        best = scores.new_zeros(len(halves)).index_add_(0, torch.from_numpy(owner), own)
        count = scores.new_zeros(len(halves)).index_add_(0, torch.from_numpy(owner), torch.ones_like(own))
        loss = loss + 0.2 * functional.softplus(disliked - (best / count.clamp(min=1))[by]).mean()
    return loss
