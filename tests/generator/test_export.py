"""An exported checkpoint is an ordinary model that says what the music language model says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from segue.generator import base_model
from segue.generator.dialogue import Dialogue
from segue.generator.errors import UserError, WeightsCorrupt
from segue.generator.export import export, write_checkpoint
from segue.generator.language import MusicLanguageModel
from segue.generator.prompt import PromptBuilder, codec_for
from segue.generator.sequence import SequenceGenerator
from segue.generator.vllm.checkpoint import RECORD, Checkpoint, ServedName, served_name
from segue.generator.vllm.soft_prompt import CheckpointEmbeddings


def music_model(tokenizer: PreTrainedTokenizerFast) -> MusicLanguageModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), tie_word_embeddings=True, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
    )  # fmt: skip
    make: Any = LlamaForCausalLM  # its constructor is not typed
    model = MusicLanguageModel(make(config), codec_for(tokenizer), rank=2)
    with torch.no_grad():
        for name, part in model.changes().items():
            if "lora_B" in name:
                part.normal_(std=0.3)  # a fresh one is zero, and its merge would not show
    return model


def test_the_checkpoint_says_what_the_model_says(smollm_tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    out = tmp_path / "model"
    record = write_checkpoint(
        music_model(smollm_tokenizer), out, tokenizer="t" * 32, base=base_model.BUNDLED, dtype="float32"
    )
    assert Checkpoint.read(out) == record
    ids = [7, record.codec.begin]
    rows = CheckpointEmbeddings(out).rows(ids)
    torch.testing.assert_close(rows, music_model(smollm_tokenizer).embed(torch.tensor([ids]))[0])
    assert ServedName.parse(str(record.name)) == record.name
    assert record.name.weights == base_model.sha256_of(out / "model.safetensors")[:16]
    prompts = PromptBuilder(smollm_tokenizer)
    generator = SequenceGenerator(music_model(smollm_tokenizer).fold(), prompts, fingerprint="t" * 32)
    dialogue = Dialogue.of("some mellow 90s rock")
    known = generator.distribution(dialogue)
    plain: Any = AutoModelForCausalLM.from_pretrained(out)
    codec = record.codec
    begun = [*prompts.prompt(dialogue).tolist(), codec.begin]
    with torch.inference_mode():
        for place, code in enumerate(known.best.tolist()):
            start, size = codec.base + int(codec.layout.offsets[place]), int(codec.layout.sizes[place])
            logits = plain(torch.tensor([begun])).logits[0, -1, start : start + size]
            unknown = 1 if place % 3 == 0 else 0
            table = torch.log_softmax(logits[unknown:].float(), dim=-1).numpy()
            np.testing.assert_allclose(known.soft_tables()[place][unknown:], table, atol=1e-3)
            begun.append(start + code)
    words = AutoTokenizer.from_pretrained(out)
    assert words.convert_tokens_to_ids("<AC1-0>") == codec.base
    assert len(words) == codec.base + codec.layout.vocabulary


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="choose another folder"):
        export(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "[]", '{"format": 9, "kind": "segue-sequence"}', '{"format": 1, "kind": "x"}'])
def test_a_record_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / RECORD).write_text(text)
    with pytest.raises(WeightsCorrupt):
        Checkpoint.read(tmp_path)


def test_a_record_without_its_layout_is_refused(tmp_path: Path) -> None:
    record = {"format": 1, "kind": "segue-sequence", "served_name": "", "tokenizer": "t", "base": "b", "base_tokens": 9}
    (tmp_path / RECORD).write_text(json.dumps(record | {"layout": "{}", "dtype": "float32", "weights": "w"}))
    with pytest.raises(WeightsCorrupt):
        Checkpoint.read(tmp_path)


@pytest.mark.parametrize("name", ["gpt-4", "segue-sequence", "segue-sequence/a/b", "segue-sequence/a//c", ""])
def test_other_models_names_are_no_served_names(name: str) -> None:
    assert ServedName.parse(name) is None
    assert ServedName.parse(str(served_name("t", "some/base", "w"))) == ServedName("t", "some-base", "w")
