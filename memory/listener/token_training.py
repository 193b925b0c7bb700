"""Teaching the soft token: the generator and the autoencoder stay as they are, only the projection between them learns.

Each example is a person cut in two, a request, and one of the tracks to be found: by a request that says nothing, by
one that names a genre of the track, or by a full request that the track fulfils, so that the token learns when to give
way to words. The loss is the generator's own, on the codes of the track. Codes of co-listening (TC) do not count: they
were made from the playlists that are learnt from. Knows people, requests and networks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.generator.compact import CompactNetwork, music_batch, played, spoken
from segue.generator.dialogue import Dialogue
from segue.generator.layout import Codes
from segue.generator.losses import known_positions, mean_loss
from segue.generator.minilm import MiniLM
from segue.generator.modality import LEVELS, MODALITIES, Modality
from segue.generator.training.compact import TextStates
from segue.generator.training.schedule import learning_rate
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.requests import request
from segue.memory.listener.autoencoder import ListenerAutoencoder
from segue.memory.listener.people import Person
from segue.memory.listener.soft_token import SoftToken
from segue.memory.listener.training import Half, Report, cut, draw, users_of

NEUTRAL: Final = (
    "play something", "play some music", "recommend me some music", "what should I listen to?", "surprise me",
    "play something I'd like", "something good please", "put on some songs", "any recommendations?",
    "I want to listen to music", "play me a song", "what's next?", "find me something nice", "just play something",
    "make me a playlist", "suggest some songs", "I don't know what to listen to", "music for me please",
)  # fmt: skip
"""Requests that say nothing about music; the bench asks others."""
GENRE: Final = (
    "{x}", "some {x}", "play {x}", "play some {x}", "{x} songs please", "I'm in the mood for {x}", "any good {x}?",
)  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """How a projection is taught."""

    epochs: int = 3
    batch: int = 128
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True)
class TokenSettings(Schedule):
    """What the outcome depends on beside people, catalog and generator."""

    examples: int = 8_000


@dataclass(frozen=True, eq=False)
class Ask:
    """One example."""

    half: Half
    text: str
    target: int
    """Row of the track to be found."""


def asks(index: TrackIndex, groups: Sequence[Sequence[Person]], count: int, *, seed: int = 0) -> list[Ask]:
    """Return `count` examples: two in five neutral, two by genre where the track has one, one by a full request."""
    numbers, random = np.random.default_rng(seed), Random(seed)
    found: list[Ask] = []
    while len(found) < count:
        half = cut(draw(groups, numbers), numbers)
        target = int(half.wanted[0])
        kind, genres = random.random(), index.tracks[target].genres
        if kind < 0.4 and genres:
            text = random.choice(GENRE).format(x=random.choice(genres))
        elif kind < 0.6:
            text = request(index, target, random, playlist_names=False)[0]
        else:
            text = random.choice(NEUTRAL)
        found.append(Ask(half, text, target))
    return found


def token_norm(network: CompactNetwork, states: TextStates, texts: Sequence[str]) -> float:
    """Return the mean length of the tokens that the generator reads of some texts."""
    batch = states.batch(states.rows(texts))
    with torch.inference_mode():
        return float((batch.states + network.segment[0])[batch.real].norm(dim=-1).mean())


def counted(targets: Tensor) -> Tensor:
    """Return which positions of semantic IDs [n, 27] count: bool [n, 27], the known ones without co-listening."""
    known = known_positions(targets).clone()
    place = LEVELS * MODALITIES.index(Modality.TC)
    known[:, place : place + LEVELS] = False
    return known


def train_token(
    autoencoder: ListenerAutoencoder,
    network: CompactNetwork,
    index: TrackIndex,
    codes: Codes,
    groups: Sequence[Sequence[Person]],
    settings: TokenSettings,
    *,
    reading: Callable[[int, int], None] | None = None,
    report: Report | None = None,
) -> SoftToken:
    """Return the projection learnt from `groups` of people over the tracks of `index`, whose codes are [tracks, 27].

    `reading` is told of texts read and their number, `report` of the training's steps.
    """
    examples = asks(index, [group for group in groups if group], settings.examples, seed=settings.seed)
    texts = [spoken(Dialogue.of(ask.text)) for ask in examples]
    states = TextStates(MiniLM.load())
    states.read([text for pair in texts for text in pair], reading)
    messages, before = states.rows([one for one, _ in texts]), states.rows([two for _, two in texts])
    nothing = played(Dialogue(), network.layout)
    network.requires_grad_(False).eval()
    torch.manual_seed(settings.seed)
    token = SoftToken(network.segment.shape[1], token_norm(network, states, [one for one, _ in texts[:256]]))
    with torch.inference_mode():
        places = autoencoder.places(codes)
        users = torch.cat([users_of(autoencoder, places, [ask.half for ask in examples])]).clone()
    targets = torch.from_numpy(codes[[ask.target for ask in examples]].astype(np.int64))

    def loss(rows: NDArray[np.int64], step: int) -> Tensor:
        heard = (states.batch(messages[rows]), states.batch(before[rows]), music_batch([nothing] * len(rows)))
        each = network.heads.losses(network(*heard, token(users[rows])), targets[rows])
        return mean_loss(each, counted(targets[rows]))

    return taught(token, len(examples), settings, loss, report, every=20)


def taught(
    token: SoftToken,
    examples: int,
    settings: Schedule,
    loss: Callable[[NDArray[np.int64], int], Tensor],
    report: Report | None,
    *,
    every: int,
) -> SoftToken:
    """Return `token` after all epochs; `loss` gives that of a batch's rows, int64 [batch], at a step (from 0).

    `report` is told every `every` steps.
    """
    random = np.random.default_rng(settings.seed)
    total = settings.epochs * -(-examples // settings.batch)
    optimizer = torch.optim.AdamW(token.parameters(), lr=settings.learning_rate, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate((step + 1) / total))
    losses: list[float] = []
    done = 0
    for _ in range(settings.epochs):
        order = random.permutation(examples)
        for start in range(0, len(order), settings.batch):
            lost = loss(order[start : start + settings.batch], done)
            optimizer.zero_grad()
            lost.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(token.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(lost.item())
            done += 1
            if report and (done % every == 0 or done == total):
                report(done, total, float(np.mean(losses)))
                losses.clear()
    return token.eval()
