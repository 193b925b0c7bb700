from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from segue.generator.codec import Codec
from segue.generator.layout import DEFAULT_LAYOUT
from segue.generator.vocabulary import INPUT, OUTPUT, draw_rows, extend_model, get_rows, row_names, set_rows


def tiny(kind: str, *, tied: bool, vocabulary: int = 300) -> PreTrainedModel:
    """The architectures of SmolLM2 and of Qwen2.5, with random weights."""
    config: Any = LlamaConfig if kind == "llama" else Qwen2Config
    model: Any = LlamaForCausalLM if kind == "llama" else Qwen2ForCausalLM
    torch.manual_seed(0)
    built: PreTrainedModel = model(
        config(
            vocab_size=vocabulary, tie_word_embeddings=tied, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
        )
    ).eval()  # fmt: skip
    return built


@pytest.mark.parametrize("kind", ["llama", "qwen"])
@pytest.mark.parametrize("tied", [True, False])
def test_old_tokens_keep_their_meaning(kind: str, tied: bool) -> None:
    model = tiny(kind, tied=tied)
    codec = Codec(base=300)
    ids = torch.arange(20)[None]
    before = model(input_ids=ids).logits
    extend_model(model, codec)
    after = model(input_ids=ids).logits
    assert after.shape[-1] == 300 + DEFAULT_LAYOUT.vocabulary
    torch.testing.assert_close(after[..., :300], before)
    assert row_names(model) == ((INPUT,) if tied else (INPUT, OUTPUT))
    music = torch.as_tensor(codec.to_tokens(np.ones(27, dtype=np.uint8)))[None]
    assert torch.isfinite(model(input_ids=music).logits).all()


@pytest.mark.parametrize("tied", [True, False])
def test_each_matrix_is_extended_after_its_own_rows(tied: bool) -> None:
    model = tiny("llama", tied=tied, vocabulary=2_000)
    output = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    if not tied:
        with torch.no_grad():
            output.weight.add_(3.0)
    extend_model(model, Codec(base=2_000))
    means = {name: rows.mean().item() for name, rows in get_rows(model, Codec(base=2_000)).items()}
    assert means[INPUT] == pytest.approx(0.0, abs=0.01)
    if not tied:
        assert means[OUTPUT] == pytest.approx(3.0, abs=0.01)


def test_new_rows_have_the_mean_and_covariance_of_the_old_ones() -> None:
    generator = torch.Generator().manual_seed(1)
    mixing = torch.randn(6, 6, generator=generator)
    old = torch.randn(20_000, 6, generator=generator) @ mixing + torch.arange(6.0)
    new = draw_rows(old, 20_000, generator)
    torch.testing.assert_close(new.mean(0), old.mean(0), atol=0.1, rtol=0.0)
    torch.testing.assert_close(new.T.cov(), old.T.cov(), atol=0.3, rtol=0.1)
    near = draw_rows(old, 100, generator, spread=1e-5)
    assert float((near - old.mean(0)).norm(dim=1).max()) < 0.1


def test_rows_are_drawn_even_from_fewer_rows_than_columns() -> None:
    drawn = draw_rows(torch.randn(4, 16), 50, torch.Generator().manual_seed(0))
    assert torch.isfinite(drawn).all()


def test_padding_rows_of_the_model_are_used_and_drawn_anew() -> None:
    model = tiny("qwen", tied=True, vocabulary=3_000)
    codec = Codec(base=900)
    padding = get_rows(model, codec)[INPUT].clone()
    extend_model(model, codec)
    assert model.config.vocab_size == 3_000
    assert not torch.equal(get_rows(model, codec)[INPUT], padding)


def test_a_seed_gives_the_same_rows_again_and_rows_can_be_moved() -> None:
    codec = Codec(base=300)
    models = [tiny("qwen", tied=False) for _ in range(3)]
    for model, seed in zip(models, (7, 7, 8), strict=True):
        extend_model(model, codec, seed=seed)
    one, same, other = (get_rows(model, codec) for model in models)
    assert torch.equal(one[INPUT], same[INPUT])
    assert not torch.equal(one[INPUT], other[INPUT])
    set_rows(models[2], codec, one)
    assert torch.equal(get_rows(models[2], codec)[OUTPUT], one[OUTPUT])
    with pytest.raises(ValueError, match="need the shape"):
        set_rows(models[2], codec, {INPUT: one[INPUT][:5], OUTPUT: one[OUTPUT]})
    with pytest.raises(ValueError, match="this model has the rows"):
        set_rows(models[2], codec, {INPUT: one[INPUT]})


def test_codes_cannot_start_past_the_end_of_the_vocabulary() -> None:
    with pytest.raises(ValueError, match="cannot start at token 301"):
        extend_model(tiny("llama", tied=True), Codec(base=301))
