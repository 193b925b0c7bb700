"""Teaching the soft token of the language generators: the model stays as it is, only a projection into its embeddings
learns, from the vectors of a `ListenerModel` that stay as they are, too.

The token stands right before the begin token, so that what comes before it is read once per request, without
gradients; only two tokens of an example are learnt through, or 28 where the sequence is taught as well. Examples and
what counts of a track's codes are those of `token_training`. Knows people, requests and the language model.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.generator.dialogue import Dialogue
from segue.generator.language import MusicLanguageModel, get_embedding
from segue.generator.layout import Codes
from segue.generator.losses import codebook_losses, mean_loss
from segue.generator.prompt import PromptBuilder
from segue.generator.training_data.index import TrackIndex
from segue.memory.listener.autoencoder import ListenerAutoencoder
from segue.memory.listener.people import Person
from segue.memory.listener.soft_token import SoftToken
from segue.memory.listener.token_training import Ask, Schedule, asks, counted, taught
from segue.memory.listener.training import Report, users_of

SEQUENCE_EVERY: Final = 4
"""Every so many batches the codes are taught one after another, with fewer examples."""
SEQUENCE_BATCH: Final = 8
_READ: Final = 16
"""Requests read at a time."""


@dataclass(frozen=True)
class LanguageTokenSettings(Schedule):
    """What the outcome depends on beside people, catalog and generator."""

    epochs: int = 2
    batch: int = 48
    examples: int = 4_000
    """Drawn; those with one of the usual requests count."""
    requests: int = 150
    """Different requests, the most usual ones: to read one takes as long as to learn from ten examples."""


def embedding_norm(model: MusicLanguageModel, texts: Sequence[NDArray[np.int64]]) -> float:
    """Return the mean length of the embeddings of the words in some prompts."""
    ids = torch.from_numpy(np.concatenate(texts))
    with torch.no_grad():
        return float(get_embedding(model.base)[ids[ids < model.codec.base]].float().norm(dim=-1).mean())


def train_language_token(
    autoencoder: ListenerAutoencoder,
    model: MusicLanguageModel,
    prompts: PromptBuilder,
    index: TrackIndex,
    codes: Codes,
    groups: Sequence[Sequence[Person]],
    settings: LanguageTokenSettings,
    report: Report | None = None,
) -> SoftToken:
    """Return the projection learnt from `groups` of people over the tracks of `index`, whose codes are [tracks, 27].

    `model` with its low-rank changes folded in; it is not changed.
    """
    drawn = asks(index, [group for group in groups if group], settings.examples, seed=settings.seed)
    usual = dict(Counter(ask.text for ask in drawn).most_common(settings.requests))
    examples = [ask for ask in drawn if ask.text in usual]
    read = {text: prompts.prompt(Dialogue.of(text)) for text in usual}
    model.requires_grad_(False).eval()
    torch.manual_seed(settings.seed)
    token = SoftToken(model.width, embedding_norm(model, list(read.values())))
    prefixes = _Prefixes.read(model, read, len(prompts.opening))
    with torch.inference_mode():
        places = autoencoder.places(codes)
        users = torch.cat([users_of(autoencoder, places, [ask.half for ask in examples])])
    users = users.clone()  # what inference made cannot be learnt through

    def loss(rows: NDArray[np.int64], step: int) -> Tensor:
        if with_codes := step % SEQUENCE_EVERY == SEQUENCE_EVERY - 1:
            rows = rows[:SEQUENCE_BATCH]  # each costs as much as fourteen others
        tokens = token(users[torch.from_numpy(rows)])
        return _loss(model, prefixes, [examples[row] for row in rows], codes, tokens, with_codes=with_codes)

    return taught(token, len(examples), settings, loss, report, every=10)


@dataclass(frozen=True, eq=False)
class _Prefixes:
    """Keys and values of all requests, read once and padded on the left."""

    at: dict[str, int]
    layers: list[tuple[Tensor, Tensor]]
    """Of each layer, [requests, heads, length, d] twice."""
    real: Tensor
    """int64 [requests, length]: 1 where there is a token."""
    early: Tensor
    """[requests, length, d]: the states that the heads read."""
    asked: Tensor
    """bool [requests, length]: True behind the opening, which they do not read."""

    @classmethod
    @torch.no_grad()
    def read(cls, model: MusicLanguageModel, prompts: dict[str, NDArray[np.int64]], opening: int) -> "_Prefixes":
        longest = max(map(len, prompts.values()))
        ids, real = torch.zeros(2, len(prompts), longest, dtype=torch.int64)
        for row, prompt in enumerate(prompts.values()):
            ids[row, longest - len(prompt) :] = torch.from_numpy(prompt)
            real[row, longest - len(prompt) :] = 1
        places = (real.cumsum(dim=1) - 1).clamp(min=0)
        parts: list[list[tuple[Tensor, Tensor]]] = []
        early: list[Tensor] = []
        for rows in torch.split(torch.arange(len(ids)), _READ):
            given = {
                "inputs_embeds": model.embed(ids[rows]), "attention_mask": real[rows], "position_ids": places[rows]
            }  # fmt: skip
            out = model.base.model(**given, use_cache=True)
            parts.append([(layer.keys, layer.values) for layer in out.past_key_values.layers])
            with model.reading_early():
                early.append(model.base.model(**given, use_cache=False).last_hidden_state)
        layers = [
            (torch.cat([keys for keys, _ in layer]), torch.cat([values for _, values in layer]))
            for layer in zip(*parts, strict=True)
        ]
        asked = (real == 1) & (places >= opening)
        return cls({text: row for row, text in enumerate(prompts)}, layers, real, torch.cat(early), asked)

    def rows(self, texts: Sequence[str]) -> Tensor:
        """Return the rows of some requests."""
        return torch.tensor([self.at[text] for text in texts])

    def of(self, rows: Tensor) -> tuple[Any, Tensor]:
        """Return the cache of requests, to be read on from, and where it is real."""
        from transformers import DynamicCache

        cache = DynamicCache()
        for number, (keys, values) in enumerate(self.layers):
            cache.update(keys[rows], values[rows], number)
        return cache, self.real[rows]


def _loss(
    model: MusicLanguageModel,
    prefixes: _Prefixes,
    chosen: Sequence[Ask],
    codes: Codes,
    tokens: Tensor,
    *,
    with_codes: bool,
) -> Tensor:
    """Return the mean loss of the heads, or where codes are taught of the sequence, on what counts."""
    rows = prefixes.rows([ask.text for ask in chosen])
    cache, real = prefixes.of(rows)
    targets = torch.from_numpy(codes[[ask.target for ask in chosen]].astype(np.int64))
    ids = torch.full((len(chosen), 1), model.codec.begin)
    if with_codes:
        known = targets[:, :-1] + torch.from_numpy(model.codec.layout.offsets[:-1].astype(np.int64)) + model.codec.base
        ids = torch.cat((ids, known), dim=1)
    words = model.embed(ids)
    new = 1 + ids.shape[1]
    with nullcontext() if with_codes else model.reading_early():
        states = model.base.model(
            inputs_embeds=torch.cat((tokens.to(words.dtype), words), dim=1),
            attention_mask=torch.cat((real, torch.ones(len(chosen), new, dtype=torch.int64)), dim=1),
            position_ids=real.sum(dim=1)[:, None] + torch.arange(new),
            past_key_values=cache,
        ).last_hidden_state
    if with_codes:
        losses = codebook_losses(states[:, 1:].float(), model.rows, targets, model.codec.layout)
    else:
        read = torch.cat((prefixes.early[rows], states), dim=1)
        asked = torch.cat((prefixes.asked[rows], torch.ones(len(chosen), new, dtype=torch.bool)), dim=1)
        losses = model.heads.losses(model.head_states(read, asked), targets)
    return mean_loss(losses, counted(targets))
