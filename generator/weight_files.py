"""Where trained generators rest: one safetensors file in half precision and a manifest, never pickle.

The manifest says what the weights need (the tokenizer, the base model), what they were made of (data, settings, seed,
command, figures) and the file's SHA-256; what does not fit is refused before a number is read. Knows tensors and JSON.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn

from segue.generator.errors import TokenizerMismatch, WeightsCorrupt

WEIGHTS: Final = "weights.safetensors"
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
SHIPPED: Final = Path(__file__).parent / "weights"
"""One folder per generator: `compact`, `language`."""


def write_weights(
    folder: Path, kind: str, tensors: Mapping[str, Tensor], *, tokenizer: str, base: str, about: Mapping[str, Any]
) -> None:
    """Write tensors in half precision. `base` is the hash of the frozen model, `about` how the weights came about."""
    folder.mkdir(parents=True, exist_ok=True)
    halved = {name: tensor.detach().half().contiguous() for name, tensor in tensors.items()}
    (folder / MANIFEST).unlink(missing_ok=True)
    save_file(halved, folder / WEIGHTS)
    manifest = {
        "format": FORMAT,
        "kind": kind,
        "tokenizer": tokenizer,
        "base": base,
        "sha256": hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        **about,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def read_weights(
    folder: Path, kind: str, *, tokenizer: str | None, base: str | None
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors in float32 and the manifest.

    Raises WeightsCorrupt for missing, altered or foreign files and for another base model, TokenizerMismatch where the
    weights were trained on another tokenizer than `tokenizer`. None for either means any.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        stored = (folder / WEIGHTS).read_bytes()
        if manifest["format"] != FORMAT or manifest["kind"] != kind:
            raise WeightsCorrupt(f"{folder} holds no weights of the kind {kind!r} that this version reads")
        if hashlib.sha256(stored).hexdigest() != manifest["sha256"]:
            raise WeightsCorrupt(f"{folder / WEIGHTS} has changed since it was written")
        if base is not None and manifest["base"] != base:
            raise WeightsCorrupt(f"{folder} was trained on another base model than the one installed")
        if tokenizer is not None and manifest["tokenizer"] != tokenizer:
            raise TokenizerMismatch(
                f"{folder} speaks the codes of the tokenizer {manifest['tokenizer']!r}, and {tokenizer!r} is in use"
            )
        return {name: tensor.float() for name, tensor in load(stored).items()}, manifest
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise WeightsCorrupt(f"the weights in {folder} cannot be read: {error}") from error


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return the manifest of weights that were read before. Raises WeightsCorrupt where there is none."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsCorrupt(f"the weights in {folder} cannot be read: {error}") from error
    return manifest


def weights_hash(folder: Path) -> str:
    """Return the SHA-256 of the weights in a folder, which is what identifies a generator. Raises WeightsCorrupt."""
    try:
        return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsCorrupt(f"the weights in {folder} cannot be read: {error}") from error


def fill(module: nn.Module, tensors: Mapping[str, Tensor], folder: Path) -> None:
    """Put tensors into a module by name. Raises WeightsCorrupt where names or shapes differ from the module's."""
    try:
        module.load_state_dict(dict(tensors))
    except RuntimeError as error:
        raise WeightsCorrupt(f"{folder} does not fit the network: {error}") from error
