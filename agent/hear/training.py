"""Training the hearing network on labelled messages and composed practice; minutes on one processor core.

Labels are texts; `alignment.py` finds where they stand. Held-out messages are never seen. The entity linker's hints are
withheld for a part of the messages, so that names which a catalog lacks are heard as well.
"""

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from segue.agent.hear.alignment import SOME_NAME, UNKNOWN, Aligned, align, labels_of
from segue.agent.hear.messages import HeardMessage
from segue.agent.hear.model import FORMAT, MANIFEST, WEIGHTS
from segue.agent.hear.network import FROZEN_LAYERS, RANK, SCOPES, Answers, Batch, HearNetwork, batch_of
from segue.agent.hear.phrases import PhraseModel
from segue.agent.hear.reading import LINKED, Reader, Reading
from segue.agent.wish import ACTS, FACET_KINDS
from segue.generator.errors import SourceError
from segue.generator.minilm import BASE_SHA256, MiniLM
from segue.tools.importance.messages import fingerprint

_NAME_KINDS: Final = [FACET_KINDS.index(kind) for kind in ("artists", "titles", "albums")]


@dataclass(frozen=True)
class TrainingSettings:
    """What the outcome depends on beside the messages and the linker's catalog."""

    epochs: int = 9
    batch: int = 16
    learning_rate: float = 1.2e-3
    rank: int = RANK
    frozen_layers: int = FROZEN_LAYERS
    dropout: float = 0.15
    withheld: float = 0.3
    """Share of messages without the linker's hints, drawn anew in each epoch."""
    practice_weight: float = 0.5
    """Weight of composed messages in the loss."""
    seed: int = 0


class _Example(NamedTuple):
    reading: Reading
    lower: Tensor
    act: int
    scope: int
    aligned: Aligned
    weight: float


def train(
    messages: Sequence[HeardMessage],
    reader: Reader,
    settings: TrainingSettings | None = None,
    *,
    progress: Callable[[int, float], None] | None = None,
) -> HearNetwork:
    """Return a network trained on the messages that are not held out.

    Raises:
        SourceError: there is nothing to train on.
    """
    settings = settings or TrainingSettings()
    seen = [message for message in messages if not message.held_out]
    if not seen:
        raise SourceError("no labelled message is left to train on: all are held out")
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    body = MiniLM.load()
    examples = [_example(body, reader, message, settings) for message in seen]
    body.adapt(settings.rank, first=settings.frozen_layers)
    network = HearNetwork(body).train()
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=0.01)
    steps = settings.epochs * -(-len(seen) // settings.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / steps))
    for epoch in range(settings.epochs):
        total = 0.0
        for rows in _batches(random, [len(example.lower) for example in examples], settings.batch):
            chosen = [_withhold(examples[row], random, settings.withheld) for row in rows]
            batch = batch_of([example.reading for example in chosen])
            states = nn.utils.rnn.pad_sequence([example.lower for example in chosen], batch_first=True)
            states = body.run(states, batch.tokens.real, settings.frozen_layers)
            loss = _loss(network.heads(states, batch, settings.dropout), batch, chosen)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        if progress:
            progress(epoch + 1, total / len(seen))
    return network.eval()


def fit_phrases(messages: Sequence[HeardMessage], reader: Reader) -> PhraseModel:
    """Return the second opinion on acts, fitted to the real messages that are not held out.

    Raises:
        SourceError: there is nothing to fit it to.
    """
    seen = [message for message in messages if not message.held_out and not message.practice]
    if len({message.act for message in seen}) < 2:
        raise SourceError("acts cannot be told apart from messages of one act")
    cues = np.stack([reader(message.text, message.before, message.tracks()).cues for message in seen])
    texts, before = [message.text for message in seen], [message.before for message in seen]
    return PhraseModel.fit(texts, before, cues, [message.act for message in seen])


def save(network: HearNetwork, folder: Path, messages: Sequence[HeardMessage], settings: TrainingSettings) -> None:
    """Write the weights (half precision) and their manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.detach().half().contiguous() for key, value in network.trained().items()}
    save_file(weights, folder / WEIGHTS)
    seen = [message for message in messages if not message.held_out]
    manifest = {
        "format": FORMAT,
        "base_sha256": BASE_SHA256,
        "rank": settings.rank,
        "frozen_layers": settings.frozen_layers,
        "settings": asdict(settings),
        "messages": sum(not message.practice for message in seen),
        "practice": sum(message.practice for message in seen),
        "data": fingerprint(seen),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "command": "segue hear train --turns turns.jsonl --turns turns_midway.jsonl",
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _example(body: MiniLM, reader: Reader, message: HeardMessage, settings: TrainingSettings) -> _Example:
    reading = reader(message.text, message.before, message.tracks())
    tokens = batch_of([reading]).tokens
    with torch.no_grad():
        lower = body.run(body.embed(tokens), tokens.real, 0, settings.frozen_layers)[0]
    aligned = align(reading.words, labels_of(message.want, message.avoid, message.like))
    scope = UNKNOWN
    if message.refs is not None and message.shown:
        everything = set(message.refs) == set(range(1, len(message.shown) + 1))
        scope = SCOPES.index("all" if everything else "some" if message.refs else "none")
    weight = settings.practice_weight if message.practice else 1.0
    return _Example(reading, lower, ACTS.index(message.act), scope, aligned, weight)


def _withhold(example: _Example, random: np.random.Generator, share: float) -> _Example:
    if random.random() >= share:
        return example
    features = example.reading.features.copy()
    features[:, LINKED:] = 0
    return example._replace(reading=replace(example.reading, features=features))


def _loss(answers: Answers, batch: Batch, chosen: Sequence[_Example]) -> Tensor:
    weight = torch.tensor([example.weight for example in chosen])
    act = torch.tensor([example.act for example in chosen])
    loss = (weight * functional.cross_entropy(answers.act, act, label_smoothing=0.05, reduction="none")).mean()
    scope = torch.tensor([example.scope for example in chosen])
    if bool((scope != UNKNOWN).any()):
        loss = loss + 0.5 * functional.cross_entropy(answers.scope, scope, ignore_index=UNKNOWN)
    width = batch.first.shape[1]

    def labels(rows: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor([[*row, *[UNKNOWN] * (width - len(row))] for row in rows])

    per_word = weight[:, None].expand(-1, width).flatten()
    for logits, rows, scale in (
        (answers.tag, [example.aligned.tag for example in chosen], 2.0),
        (answers.kind, [example.aligned.kind for example in chosen], 0.7),
        (answers.polarity, [example.aligned.polarity for example in chosen], 1.0),
    ):
        loss = loss + scale * _word_loss(logits.flatten(0, 1), labels(rows).flatten(), per_word)
    return loss


def _word_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return the mean cross-entropy over the words that are labelled; `SOME_NAME` is met by any kind of name."""
    known = (target != UNKNOWN).float() * weight
    if not bool(known.any()):
        return logits.sum() * 0
    names = target == SOME_NAME
    each = functional.cross_entropy(logits, target.masked_fill(names, UNKNOWN), ignore_index=UNKNOWN, reduction="none")
    if bool(names.any()):
        any_name = -logits.log_softmax(-1)[:, _NAME_KINDS].logsumexp(-1)
        each = torch.where(names, any_name, each)
    return (each * known).sum() / known.sum()


def _batches(random: np.random.Generator, lengths: Sequence[int], size: int) -> list[list[int]]:
    """Return batches of rows of similar length in random order: eight batches' worth are sorted at a time."""
    order = random.permutation(len(lengths)).tolist()
    batches = []
    for start in range(0, len(order), 8 * size):
        rows = sorted(order[start : start + 8 * size], key=lambda row: lengths[row])
        batches += [rows[at : at + size] for at in range(0, len(rows), size)]
    return [batches[number] for number in random.permutation(len(batches))]


def _rate(done: float) -> float:
    """Return the factor of the learning rate: up over the first tenth, then down along a cosine."""
    return done / 0.1 if done < 0.1 else 0.5 * (1 + float(np.cos(np.pi * (done - 0.1) / 0.9)))
