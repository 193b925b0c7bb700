"""Exporting the language model as an ordinary Hugging Face checkpoint, for servers such as vLLM.

Low-rank changes and music rows are put into the base's own matrices, so that whoever can run the base can run it. The
tokenizer gains the music tokens, for tools that show text; prompts must still be sent as token ids, for this tokenizer
reads a typed `<AC1-21>` as a code. Knows the language model and folders; no server.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Final

import torch
from torch import nn

from segue.generator import base_model
from segue.generator.errors import UserError
from segue.generator.language import MusicLanguageModel
from segue.generator.language_files import LANGUAGE, base_hash, load_language
from segue.generator.vllm.checkpoint import RECORD, WEIGHTS, Checkpoint
from segue.generator.weight_files import weights_hash

DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def export(
    out: Path, *, weights: Path = LANGUAGE, base: str = base_model.BUNDLED, dtype: str = "float32"
) -> Checkpoint:
    """Write the merged checkpoint of trained `weights` into the folder `out` and return its record.

    The merge is made in float32 whatever `dtype` is written. An older export in `out` is replaced, in one step. Raises
    UserError where `out` holds anything else, and what `load_language` raises.
    """
    if out.exists() and any(out.iterdir()) and not (out / RECORD).is_file():
        raise UserError(f"{out} holds something that is no exported checkpoint; choose another folder")
    model, fingerprint = load_language(weights, base=base, dtype=torch.float32)
    return write_checkpoint(model, out, tokenizer=fingerprint, base=base, dtype=dtype, trained=weights_hash(weights))


def write_checkpoint(
    model: MusicLanguageModel, out: Path, *, tokenizer: str, base: str, dtype: str, trained: str = ""
) -> Checkpoint:
    """Merge `model` (which changes it) and write it with its tokenizer and record. `base` names the base model.

    `trained` is the SHA-256 of the weights that `model` was loaded from.
    """
    codec = model.codec
    merged = model.merge()
    nn.Module.to(merged, DTYPES[dtype])  # the method of transformers is not typed
    words = base_model.load_tokenizer(base)
    words.add_tokens(list(codec.token_texts), special_tokens=True)
    if words.convert_tokens_to_ids(codec.token_texts[0]) != codec.base:
        raise UserError(f"the tokenizer of {base} numbers the music tokens differently than the weights do")
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        with base_model.no_progress_bars():
            merged.save_pretrained(draft)
        words.save_pretrained(draft)
        record = Checkpoint(
            tokenizer=tokenizer,
            base=base_hash(base),
            base_tokens=codec.base,
            layout=codec.layout.to_json(),
            dtype=dtype,
            weights=base_model.sha256_of(draft / WEIGHTS),
            trained=trained,
        )
        record.write(draft)
        # A draft is its owner's alone; a server may run under another name.
        draft.chmod(0o755)
        for file in draft.iterdir():
            file.chmod(0o644)
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return record
