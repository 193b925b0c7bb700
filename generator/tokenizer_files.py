"""Where a tokenizer rests: safetensors for what was learned, JSON for the settings, a manifest with checksums.

    tokenizer.json           format, fingerprint, SHA-256 of the other files
    quantizers.json          layout, kind and settings of each modality's quantizer
    quantizers.safetensors   codebooks and networks, `AC/codebook.0` ...
    encoders.json, encoders.safetensors

Never pickle. The fingerprint is a hash of the files' checksums: one changed byte is another tokenizer, and a file that
does not match the manifest is refused before anything is read from it.
"""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from segue.generator.encoders.features import Encoder
from segue.generator.encoders.store import CONFIG, TENSORS, load_encoders, save_encoders
from segue.generator.errors import TokenizerCorrupt
from segue.generator.layout import CodeLayout
from segue.generator.modality import MODALITIES, Modality
from segue.generator.quantizers.protocol import Quantizer
from segue.generator.quantizers.registry import restore_quantizer
from segue.generator.sentences import TextEncoder

MANIFEST: Final = "tokenizer.json"
_QUANTIZERS: Final = "quantizers.json"
_CODEBOOKS: Final = "quantizers.safetensors"
_FILES: Final = (CONFIG, TENSORS, _QUANTIZERS, _CODEBOOKS)
_FORMAT: Final = 1

SHIPPED: Final = Path(__file__).parent / "weights" / "tokenizer"
"""The tokenizer that comes with the package."""


class Parts(NamedTuple):
    """What a tokenizer is made of."""

    encoders: dict[Modality, Encoder]
    quantizers: dict[Modality, Quantizer]
    layout: CodeLayout


def write_tokenizer(parts: Parts, folder: Path) -> None:
    """Write `parts` into `folder`, which is created where it is missing. The manifest comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    _write_parts(parts, folder)
    sums = _checksums(folder)
    manifest = {"format": _FORMAT, "fingerprint": _fingerprint(sums), "files": sums}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def read_tokenizer(folder: Path, sentences: TextEncoder) -> tuple[Parts, str]:
    """Return the parts that `write_tokenizer` wrote, and their fingerprint. `sentences` is to encode the texts.

    Raises TokenizerCorrupt for missing, truncated, altered or foreign files.
    """
    found = read_fingerprint(folder)
    try:
        config = json.loads((folder / _QUANTIZERS).read_text(encoding="utf-8"))
        tensors = load((folder / _CODEBOOKS).read_bytes())
        encoders = load_encoders(folder, sentences)
        quantizers = {
            Modality(name): restore_quantizer(one["kind"], one["config"], _own(name, tensors))
            for name, one in config["quantizers"].items()
        }
        layout = CodeLayout.from_json(json.dumps(config["layout"]))
    except (KeyError, ValueError, TypeError) as error:
        # The checksums hold, so these files were written as they are: by a version that writes another form.
        raise TokenizerCorrupt(f"{folder} is no tokenizer that this version can read: {error}") from error
    return Parts(encoders, quantizers, layout), found


def read_fingerprint(folder: Path = SHIPPED) -> str:
    """Return the fingerprint of a stored tokenizer after checking all its files, without loading it.

    Raises TokenizerCorrupt as `read_tokenizer` does.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        form, found, files = manifest["format"], manifest["fingerprint"], manifest["files"]
        sums = _checksums(folder)
    except OSError as error:
        raise TokenizerCorrupt(f"{folder} holds no complete tokenizer: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TokenizerCorrupt(f"{folder / MANIFEST} is no tokenizer manifest: {error!r}") from error
    if form != _FORMAT:
        raise TokenizerCorrupt(f"{folder} has the format {form!r}; this version reads {_FORMAT}")
    for name in _FILES:
        if not isinstance(files, dict) or files.get(name) != sums[name]:
            raise TokenizerCorrupt(f"{folder / name} is truncated or was altered: its checksum is not the manifest's")
    if found != _fingerprint(sums):
        raise TokenizerCorrupt(f"{folder / MANIFEST} was altered: the fingerprint is not that of its files")
    return str(found)


def fingerprint(parts: Parts) -> str:
    """Return the fingerprint that `parts` have once written."""
    with TemporaryDirectory() as folder:
        _write_parts(parts, Path(folder))
        return _fingerprint(_checksums(Path(folder)))


def rounded(quantizer: Quantizer) -> Quantizer:
    """Return the quantizer with its tensors rounded to half precision, which halves its file.

    Not the same quantizer: a vector on the border of two codes may change sides.
    """
    tensors = {name: _half(array).astype(array.dtype) for name, array in quantizer.tensors().items()}
    return restore_quantizer(quantizer.kind, quantizer.config(), tensors)


def _write_parts(parts: Parts, folder: Path) -> None:
    save_encoders((parts.encoders[m] for m in MODALITIES if m in parts.encoders), folder)
    config: dict[str, Any] = {"layout": json.loads(parts.layout.to_json()), "quantizers": {}}
    tensors: dict[str, NDArray[Any]] = {}
    for modality in MODALITIES:
        if modality in parts.quantizers:
            quantizer = parts.quantizers[modality]
            config["quantizers"][modality.value] = {"kind": quantizer.kind, "config": quantizer.config()}
            for name, array in quantizer.tensors().items():
                tensors[f"{modality.value}/{name}"] = _smallest(array)
    (folder / _QUANTIZERS).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / _CODEBOOKS).write_bytes(save(tensors))


def _half(array: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if np.isfinite(half).all() else array


def _smallest(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array` in half precision where that loses nothing."""
    half = _half(array)
    return np.ascontiguousarray(half if np.array_equal(half.astype(array.dtype), array) else array)


def _own(name: str, tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    prefix = f"{name}/"
    return {key.removeprefix(prefix): array for key, array in tensors.items() if key.startswith(prefix)}


def _checksums(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES}


def _fingerprint(sums: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()[:32]


def read_sentences(folder: Path = SHIPPED) -> str | None:
    """Return the fingerprint of the text encoder that a stored tokenizer was trained with; None where it has no text.

    Raises TokenizerCorrupt as `read_tokenizer` does.
    """
    read_fingerprint(folder)
    configs = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    found = {config["sentences"] for config in configs.values() if "sentences" in config}
    if len(found) > 1:
        raise TokenizerCorrupt(f"{folder} mixes text encoders: {', '.join(sorted(found))}")
    return found.pop() if found else None
