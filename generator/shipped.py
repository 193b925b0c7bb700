"""The generators with the weights that come with the package, each in one call. Knows which parts belong together.

`tokenizer` is the fingerprint of the codes that they are to speak, where that matters: weights of another tokenizer are
refused with TokenizerMismatch. Missing or damaged weights raise WeightsCorrupt.
"""

from pathlib import Path

import torch

from segue.generator import base_model, parallel
from segue.generator.compact_generator import COMPACT, CompactGenerator
from segue.generator.decoder import refusal
from segue.generator.half import halves_pay
from segue.generator.language import MusicLanguageModel
from segue.generator.language_files import LANGUAGE, base_hash, load_language
from segue.generator.parallel import ParallelGenerator
from segue.generator.prompt import PromptBuilder
from segue.generator.sequence import SequenceGenerator
from segue.generator.vllm.generator import TIMEOUT, ListeningVllmGenerator, VllmGenerator
from segue.generator.vllm.soft_prompt import CheckpointEmbeddings
from segue.generator.weight_files import weights_hash

PROMPT_TOKENS = 256
"""The longest prompt; older turns are left out of longer dialogues."""


def compact_generator(folder: Path = COMPACT, *, tokenizer: str | None = None) -> CompactGenerator:
    """Return the compact generator."""
    return CompactGenerator.load(folder, tokenizer=tokenizer)


def parallel_generator(
    folder: Path = LANGUAGE, *, tokenizer: str | None = None, dtype: torch.dtype | None = None
) -> ParallelGenerator:
    """Return the parallel generator, in the quick format here unless `dtype` says otherwise."""
    model, prompts, fingerprint = _language(folder, tokenizer, dtype)
    model.keep_early()
    prompts = PromptBuilder(
        base_model.load_tokenizer(), model.codec, max_tokens=parallel.PROMPT_TOKENS, max_tracks=parallel.PROMPT_TRACKS
    )
    return ParallelGenerator(
        model, prompts, fingerprint=fingerprint, weights=weights_hash(folder), half=_half(model, dtype)
    )


def sequence_generator(
    folder: Path = LANGUAGE, *, tokenizer: str | None = None, dtype: torch.dtype | None = None
) -> SequenceGenerator:
    """Return the sequence generator, in the quick format here unless `dtype` says otherwise."""
    model, prompts, fingerprint = _language(folder, tokenizer, dtype)
    return SequenceGenerator(
        model, prompts, fingerprint=fingerprint, weights=weights_hash(folder), half=_half(model, dtype)
    )


def vllm_generator(
    url: str,
    *,
    tokenizer: str,
    base: str = base_model.BUNDLED,
    timeout: float = TIMEOUT,
    key: str | None = None,
    checkpoint: Path | None = None,
) -> VllmGenerator:
    """Return the sequence generator that a vLLM server at `url` serves; nothing is connected yet.

    The server must hold an export whose weights were trained on `base` and speak the codes of `tokenizer`. `key` is the
    server's, where it wants one. With the exported `checkpoint` that the server holds, soft tokens are read as well.
    """
    prompts = PromptBuilder(base_model.load_tokenizer(base), max_tokens=PROMPT_TOKENS)
    if checkpoint is None:
        return VllmGenerator(url, prompts, fingerprint=tokenizer, base=base_hash(base), timeout=timeout, key=key)
    embeddings = CheckpointEmbeddings(checkpoint)
    return ListeningVllmGenerator(
        url, prompts, fingerprint=tokenizer, base=base_hash(base), weights=embeddings.record.weights, timeout=timeout,
        key=key, embeddings=embeddings,
    )  # fmt: skip


def _language(
    folder: Path, tokenizer: str | None, dtype: torch.dtype | None
) -> tuple[MusicLanguageModel, PromptBuilder, str]:
    model, fingerprint = load_language(folder, tokenizer=tokenizer, dtype=dtype)
    prompts = PromptBuilder(base_model.load_tokenizer(), model.codec, max_tokens=PROMPT_TOKENS)
    return model.fold(), prompts, fingerprint


def _half(model: MusicLanguageModel, dtype: torch.dtype | None) -> bool:
    """Return whether the model's matrices are kept in half precision: only where nobody named a format."""
    return dtype is None and halves_pay() and refusal(model) is None
