"""The language model's weights on disk: what was trained, without the base that it was trained on.

Low-rank changes, new rows, projection and heads, a fifteenth of the model's size. Knows `MusicLanguageModel` and the
weight files; nothing of training.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch

from segue.generator import base_model
from segue.generator.errors import WeightsCorrupt
from segue.generator.language import MusicLanguageModel
from segue.generator.prompt import codec_for
from segue.generator.weight_files import SHIPPED, read_weights, write_weights

KIND: Final = "language"
LANGUAGE: Final = SHIPPED / KIND
"""The weights that come with the package."""


def save_language(
    model: MusicLanguageModel, folder: Path, *, tokenizer: str, base: str, about: Mapping[str, Any]
) -> None:
    """Write what was trained; see `weight_files.write_weights`."""
    tensors = {name: p for name, p in model.named_parameters() if p.requires_grad}
    write_weights(folder, KIND, tensors, tokenizer=tokenizer, base=base, about={"rank": model.rank, **about})


def load_language(
    folder: Path = LANGUAGE,
    *,
    tokenizer: str | None = None,
    base: str = base_model.BUNDLED,
    dtype: torch.dtype | None = None,
) -> tuple[MusicLanguageModel, str]:
    """Return the model whose weights are in `folder`, on the base model `base`, and its tokenizer's fingerprint.

    Raises WeightsCorrupt, TokenizerMismatch (see `weight_files.read_weights`) and BaseModelNotFound.
    """
    tensors, manifest = read_weights(folder, KIND, tokenizer=tokenizer, base=base_hash(base))
    codec = codec_for(base_model.load_tokenizer(base))
    if not isinstance(rank := manifest.get("rank"), int) or rank < 0:
        raise WeightsCorrupt(f"the manifest in {folder} tells no rank")
    model = MusicLanguageModel(base_model.load_model(base, dtype=dtype), codec, rank=rank)
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if set(trained) != set(tensors) or any(trained[name].shape != t.shape for name, t in tensors.items()):
        raise WeightsCorrupt(f"{folder} holds other tensors than the model has")
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(tensors[name])
    return model.requires_grad_(False).eval(), str(manifest["tokenizer"])


def base_hash(base: str) -> str:
    """Return what identifies a base model: the hash of the bundled one, the name of any other."""
    return base_model.GGUF_SHA256 if base == base_model.BUNDLED else base
