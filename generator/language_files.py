"""The language model's weights on disk: what was trained, without the base that it was trained on.

Low-rank changes, new rows, reader and heads, a twelfth of the model's size. Knows `MusicLanguageModel` and the
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
    """Write what was trained of a model that was not folded; see `weight_files.write_weights`."""
    tensors = model.learnt()
    shape = {"rank": model.rank, "depth": model.depth}
    write_weights(folder, KIND, tensors, tokenizer=tokenizer, base=base, about=shape | dict(about))


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
    rank, depth = manifest.get("rank"), manifest.get("depth")
    if not isinstance(rank, int) or rank < 0 or not isinstance(depth, int):
        raise WeightsCorrupt(f"the manifest in {folder} tells no rank and depth")
    try:
        model = MusicLanguageModel(base_model.load_model(base, dtype=dtype), codec, rank=rank, depth=depth)
    except ValueError as error:
        raise WeightsCorrupt(f"{folder} does not fit {base}: {error}") from error
    trained = model.learnt()
    if set(trained) != set(tensors) or any(trained[name].shape != t.shape for name, t in tensors.items()):
        raise WeightsCorrupt(f"{folder} holds other tensors than the model has")
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(tensors[name])
    return model.requires_grad_(False).eval(), str(manifest["tokenizer"])


def base_hash(base: str) -> str:
    """Return what identifies a base model: the hash of the bundled one, the name of any other."""
    return base_model.GGUF_SHA256 if base == base_model.BUNDLED else base
