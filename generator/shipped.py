"""The generators with the weights that come with the package, each in one call. Knows which parts belong together."""

from pathlib import Path

import torch

from segue.generator import base_model
from segue.generator.compact_generator import COMPACT, CompactGenerator
from segue.generator.language import MusicLanguageModel
from segue.generator.language_files import LANGUAGE, load_language, trained_tokenizer
from segue.generator.parallel import ParallelGenerator
from segue.generator.prompt import PromptBuilder
from segue.generator.sequence import SequenceGenerator

PROMPT_TOKENS = 256
"""The longest prompt; older turns are left out of longer dialogues."""


def compact_generator(folder: Path = COMPACT) -> CompactGenerator:
    """Return the compact generator. Raises WeightsCorrupt where its weights are missing or damaged."""
    return CompactGenerator.load(folder)


def parallel_generator(folder: Path = LANGUAGE, *, dtype: torch.dtype | None = None) -> ParallelGenerator:
    """Return the parallel generator, in bfloat16 unless `dtype` says otherwise. Raises what `load_language` raises."""
    model, prompts, fingerprint = _language(folder, dtype)
    return ParallelGenerator(model, prompts, fingerprint=fingerprint)


def sequence_generator(folder: Path = LANGUAGE, *, dtype: torch.dtype | None = None) -> SequenceGenerator:
    """Return the sequence generator; otherwise as `parallel_generator`."""
    model, prompts, fingerprint = _language(folder, dtype)
    return SequenceGenerator(model, prompts, fingerprint=fingerprint)


def _language(folder: Path, dtype: torch.dtype | None) -> tuple[MusicLanguageModel, PromptBuilder, str]:
    model = load_language(folder, dtype=dtype).fold()
    prompts = PromptBuilder(base_model.load_tokenizer(), model.codec, max_tokens=PROMPT_TOKENS)
    return model, prompts, trained_tokenizer(folder)
