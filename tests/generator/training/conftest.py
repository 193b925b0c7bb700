"""A small language model and two wishes that it can learn."""

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from segue.generator.language import MusicLanguageModel
from segue.generator.layout import CodeLayout
from segue.generator.prompt import codec_for
from segue.generator.training.corpus import Corpus
from segue.generator.training_data.example import Example, ExampleTurn

LAYOUT = CodeLayout(((6, 4, 3),) * 9)
WISHES = ("loud heavy metal", "quiet piano")


def build(
    tokenizer: PreTrainedTokenizerFast, kind: str = "llama", rank: int = 4, depth: int | None = None
) -> MusicLanguageModel:
    config, model = (LlamaConfig, LlamaForCausalLM) if kind == "llama" else (Qwen2Config, Qwen2ForCausalLM)
    torch.manual_seed(0)
    base = model(
        config(
            vocab_size=len(tokenizer), tie_word_embeddings=True, hidden_size=32, intermediate_size=48,
            num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
        )
    )  # fmt: skip
    return MusicLanguageModel(base, codec_for(tokenizer, LAYOUT), rank=rank, depth=depth)


def corpus() -> Corpus:
    random = np.random.default_rng(0)
    codes = {}
    for n in range(len(WISHES)):
        row = random.integers(0, LAYOUT.sizes).astype(np.uint8)
        row[::3] = row[::3].clip(1)
        codes[f"t{n}"] = row
    examples = [
        Example((ExampleTurn("user", text),), f"t{n}", "request", ()) for n, text in enumerate(WISHES) for _ in range(4)
    ]
    return Corpus(examples, codes, dict.fromkeys(codes, "a track"))
