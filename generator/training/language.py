"""Training the language model that speaks semantic IDs: both of its generators at once (3MToken, section 2.3).

The parallel heads read the states of each prompt up to its begin token. Every other batch also carries the target's 27
codes, from which the rows of the sequence learn: cross-entropy with the softmax restricted to the position's codebook,
plus TalkPlay's self-similarity loss, which keeps token rows as alike as the code vectors that they stand for. It is
measured where it is not learnt from, too; examples that are held out tell learning from remembering (its figure 2). The
base's weights stay in bfloat16 where that is quick; what learns is float32, for bfloat16 rounds small updates away.

Knows examples as token ids; what they speak of is the corpus's business.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from segue.generator.language import MusicLanguageModel
from segue.generator.layout import Codes
from segue.generator.losses import (
    SELF_SIMILARITY_WEIGHT,
    codebook_losses,
    known_positions,
    mean_loss,
    mean_self_similarity_loss,
)
from segue.generator.modality import POSITIONS
from segue.generator.prompt import PromptBuilder, TrainingIds
from segue.generator.training.checkpoint import load_checkpoint, save_checkpoint
from segue.generator.training.corpus import Corpus
from segue.generator.training.schedule import batches, learning_rate

BUCKET: Final = 8
"""Lengths are padded to multiples of this, so that few shapes are compiled and memory is reused."""


@dataclass(frozen=True)
class LanguageSettings:
    """What the outcome depends on beside the corpus."""

    epochs: int = 1
    batch: int = 16
    learning_rate: float = 4e-4
    head_rate: float = 1e-3
    """For the rows, the reader and the heads, which start from nothing."""
    weight_decay: float = 0.01
    self_similarity: float = SELF_SIMILARITY_WEIGHT
    sequence_share: float = 0.5
    """Share of the batches that also teach the sequence."""
    held_out: int = 0
    """Examples, the last of the corpus, that are not learnt from and whose loss is reported."""
    seed: int = 0
    steps: int | None = None
    """Stop after so many steps, where the epochs have more; the learning rate falls to 0 by then."""


class Losses(NamedTuple):
    """Means since the last report, nats per position of a known modality; NaN for what was not measured."""

    parallel: float
    sequence: float
    self_similarity: float
    held_parallel: float = np.nan
    """Of the examples held out, when the report is made."""
    held_sequence: float = np.nan


Report = Callable[[int, int, Losses], None]
"""Called with the steps done, all steps, and the losses."""


class Batch(NamedTuple):
    """Examples padded to one length."""

    ids: Tensor
    real: Tensor
    begin: Tensor
    """int64 [n]: where the begin token stands; the codes follow it."""
    asked: Tensor
    """bool [n, length]: what the heads read, from the end of the opening to the begin token."""
    codes: Tensor
    """int64 [n, 27]."""


def collate(examples: Sequence[TrainingIds], codes: Sequence[Codes], *, with_codes: bool) -> Batch:
    """Pad examples on the right. Without `with_codes` they end with the begin token: all that the heads read."""
    ends = [example.codes_at + (1 + POSITIONS if with_codes else 1) for example in examples]
    longest = -(-max(ends) // BUCKET) * BUCKET
    ids = torch.zeros(len(examples), longest, dtype=torch.int64)
    for row, (example, end) in enumerate(zip(examples, ends, strict=True)):
        ids[row, :end] = torch.from_numpy(example.ids[:end])
    places, begin = torch.arange(longest), torch.tensor([example.codes_at for example in examples])
    opened = torch.tensor([example.asked_at for example in examples])
    return Batch(
        ids,
        places < torch.tensor(ends)[:, None],
        begin,
        (places >= opened[:, None]) & (places <= begin[:, None]),
        torch.from_numpy(np.stack(codes).astype(np.int64)),
    )


def position_losses(model: MusicLanguageModel, batch: Batch, *, with_codes: bool) -> tuple[Tensor, Tensor | None]:
    """Return the losses of the parallel heads and, `with_codes`, of the sequence: [n, 27], 0 where nothing is known.

    Each code is predicted with the true ones before it given: those of its modality by the heads, all by the sequence.
    """
    if not with_codes:
        early = model.early_states(batch.ids, batch.real)
        return model.heads.losses(model.head_states(early, batch.asked), batch.codes), None
    early, states = model.both_states(batch.ids, batch.real)
    heads = model.heads.losses(model.head_states(early, batch.asked), batch.codes)
    # The state at the begin token predicts the first code, that at code p the code p + 1.
    rows, places = torch.arange(len(batch.ids)), batch.begin[:, None] + torch.arange(POSITIONS)
    read = states[rows[:, None], places].float()
    return heads, codebook_losses(read, model.rows, batch.codes, model.codec.layout)


def batch_losses(model: MusicLanguageModel, batch: Batch, *, with_codes: bool) -> tuple[Tensor, Tensor | None]:
    """Return the mean losses of the parallel heads and, `with_codes`, of the sequence: two scalars."""
    heads, sequence = position_losses(model, batch, with_codes=with_codes)
    counted = known_positions(batch.codes)
    return mean_loss(heads, counted), None if sequence is None else mean_loss(sequence, counted)


def train_language(
    model: MusicLanguageModel,
    prompts: PromptBuilder,
    corpus: Corpus,
    settings: LanguageSettings,
    *,
    centroids: Sequence[Tensor | None] = (None,) * POSITIONS,
    checkpoint: Path | None = None,
    checkpoint_every: int = 200,
    report: Report | None = None,
    every: int = 20,
) -> None:
    """Train `model` in place, resuming from `checkpoint` where that folder holds one.

    The last checkpoint stays until the caller has written the weights and removes it.

    `centroids` are the code vectors of the 27 positions for the self-similarity loss, None for those without. Raises
    ValueError where more examples are held out than there are, WeightsCorrupt for a checkpoint of other settings or
    other examples.
    """
    learnt = len(corpus.examples) - settings.held_out
    if learnt <= 0:
        raise ValueError(f"{len(corpus.examples)} examples leave nothing to learn with {settings.held_out} held out")
    examples = [prompts.training(corpus.dialogue(e), corpus.target(e)) for e in corpus.examples]
    targets = [corpus.target(e) for e in corpus.examples]
    plan = _plan([len(example.ids) for example in examples[:learnt]], settings)
    optimizer = _optimizer(model, settings)
    described: dict[str, Any] = {**asdict(settings), "examples": len(examples), "digest": _digest(examples)}
    done = load_checkpoint(checkpoint, model, optimizer, described) if checkpoint else 0
    rates = [group["lr"] for group in optimizer.param_groups]
    seen: list[Losses] = []
    model.train()
    for step, (rows, with_codes) in enumerate(plan):
        if step < done:
            continue
        # What dropout leaves out depends on the step alone, so that a training that resumes goes on as it would have.
        torch.manual_seed((settings.seed << 32) + step)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * learning_rate((step + 1) / len(plan))
        batch = collate([examples[r] for r in rows], [targets[r] for r in rows], with_codes=with_codes)
        parallel, sequence = batch_losses(model, batch, with_codes=with_codes)
        loss = parallel if sequence is None else parallel + sequence
        alike = torch.zeros(())
        if with_codes:
            with torch.set_grad_enabled(bool(settings.self_similarity)):
                alike = mean_self_similarity_loss(model.rows, centroids, model.codec.layout)
            loss = loss + settings.self_similarity * alike
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        seen.append(
            Losses(parallel.item(), *((sequence.item(), alike.item()) if sequence is not None else (np.nan, np.nan)))
        )
        if report and ((step + 1) % every == 0 or step + 1 == len(plan)):
            held = held_losses(model, examples[learnt:], targets[learnt:], settings.batch)
            report(step + 1, len(plan), _mean(seen)._replace(held_parallel=held[0], held_sequence=held[1]))
            seen.clear()
        if checkpoint and ((step + 1) % checkpoint_every == 0 or step + 1 == len(plan)):
            save_checkpoint(checkpoint, model, optimizer, step + 1, described)
    model.eval()


def _digest(examples: Sequence[TrainingIds]) -> str:
    """Return what tells the examples of one catalog from as many of another."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.ids.tobytes())
    return digest.hexdigest()


@torch.no_grad()
def held_losses(
    model: MusicLanguageModel, examples: Sequence[TrainingIds], codes: Sequence[Codes], batch: int
) -> tuple[float, float]:
    """Return the losses of parallel heads and sequence on examples that are not learnt from; NaN where none are."""
    if not examples:
        return np.nan, np.nan
    training = model.training
    model.eval()
    found = []
    for start in range(0, len(examples), batch):
        part = collate(examples[start : start + batch], codes[start : start + batch], with_codes=True)
        parallel, sequence = batch_losses(model, part, with_codes=True)
        found.append((parallel.item(), sequence.item() if sequence is not None else np.nan))
    model.train(training)
    shares = [min(batch, len(examples) - start) for start in range(0, len(examples), batch)]
    one, two = np.average(found, axis=0, weights=shares)
    return float(one), float(two)


def _mean(seen: Sequence[Losses]) -> Losses:
    """Return the mean of each loss; NaN for one that no step had."""
    columns = (np.array(column) for column in zip(*(losses[:3] for losses in seen), strict=True))
    return Losses(*(float(np.mean(kept)) if (kept := c[~np.isnan(c)]).size else np.nan for c in columns))


def _plan(lengths: Sequence[int], settings: LanguageSettings) -> list[tuple[list[int], bool]]:
    """Return the rows of every step and whether it teaches the sequence; the same for the same settings."""
    random = np.random.default_rng(settings.seed)
    steps = [rows for _ in range(settings.epochs) for rows in batches(lengths, settings.batch, random)]
    return [(rows, bool(random.random() < settings.sequence_share)) for rows in steps[: settings.steps]]


def _optimizer(model: MusicLanguageModel, settings: LanguageSettings) -> torch.optim.AdamW:
    base = [p for p in model.base.parameters() if p.requires_grad]
    fresh = [model.rows, *model.reader.parameters(), *model.heads.parameters()]
    groups = [
        {"params": base, "lr": settings.learning_rate},
        {"params": fresh, "lr": settings.head_rate},
    ]
    # Hundreds of small matrices: parameter by parameter in Python, updating them took a sixth of a small model's step.
    return torch.optim.AdamW(groups, weight_decay=settings.weight_decay, betas=(0.9, 0.98), fused=True)
