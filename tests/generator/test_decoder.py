"""The decoder's numbers are those of transformers, whatever the paths do."""

import copy
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from segue.generator.codec import Codec
from segue.generator.decoder import Decoder, Paths
from segue.generator.half import halves_run
from segue.generator.language import MusicLanguageModel

SHAPE: dict[str, Any] = {
    "vocab_size": 50,
    "tie_word_embeddings": True,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def make(kind: str, rank: int = 2, **more: Any) -> MusicLanguageModel:
    torch.manual_seed(1)
    settings = {**SHAPE, **more}
    model: Any = LlamaForCausalLM if kind == "llama" else Qwen2ForCausalLM
    base: PreTrainedModel = model(LlamaConfig(**settings) if kind == "llama" else Qwen2Config(**settings))
    with torch.no_grad():
        for parameter in base.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)  # biases too, which start at zero
    return MusicLanguageModel(base, Codec(base=50), rank=rank)


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_states_are_those_of_transformers(kind: str) -> None:
    model = make(kind).fold()
    prompt = torch.randint(0, 2000, (11,))
    paths = torch.randint(0, 2000, (3, 6))
    with torch.inference_mode():
        expected = model.states(torch.cat((prompt.expand(3, -1), paths), dim=1))
    decoder = Decoder(model, 20)
    state, kept = decoder.read(prompt, 6)
    torch.testing.assert_close(state[0], expected[0, 10], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(decoder.advance(kept.copies(3), paths), expected[:, 11:], atol=1e-4, rtol=1e-4)
    steps = kept.copies(3)
    for at in range(6):
        found = decoder.advance(steps, paths[:, at : at + 1])[:, 0]
        torch.testing.assert_close(found, expected[:, 11 + at], atol=1e-4, rtol=1e-4)
    with torch.inference_mode():
        again = model.states(torch.cat((prompt.expand(3, -1), paths), dim=1))
    torch.testing.assert_close(again, expected)  # the model itself works as before


@pytest.mark.skipif(not halves_run(), reason="no product of halves on this processor")
@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_halved_matrices_give_the_states_of_rounded_ones(kind: str) -> None:
    model = make(kind).fold()
    prompt, paths = torch.randint(0, 2000, (11,)), torch.randint(0, 2000, (3, 6))
    exact = Decoder(copy.deepcopy(model), 20).read(prompt, 6)[0]
    rounded = copy.deepcopy(model)
    for part in rounded.base.model.layers.modules():
        if isinstance(part, torch.nn.Linear):
            part.weight.data = part.weight.half().float()
    decoder, oracle = Decoder(model, 20, half=True), Decoder(rounded, 20)
    (found, kept), (expected, whole) = decoder.read(prompt, 6), oracle.read(prompt, 6)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert 1e-5 < (found - exact).abs().max() < 0.02 * exact.abs().max()
    advanced = decoder.advance(kept.copies(3), paths)
    torch.testing.assert_close(advanced, oracle.advance(whole.copies(3), paths), atol=1e-4, rtol=1e-4)
    # Nothing is held twice: the model gave its layers' matrices up.
    assert not any(part.weight.numel() for part in model.base.model.layers.modules() if type(part) is torch.nn.Linear)


def test_a_soft_token_is_read_before_the_last_token() -> None:
    model = make("llama").fold()
    prompt, token = torch.randint(0, 2000, (7,)), torch.randn(32)
    state, kept = Decoder(model, 20).read(prompt, 2, token)
    assert kept.length == 8
    with torch.inference_mode():
        expected = model.states(prompt[None], user=token)
        without = model.states(prompt[None])
    assert expected.shape[1] == 8
    torch.testing.assert_close(state[0], expected[0, -1], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(expected[0, :6], without[0, :6], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(expected[0, -1], without[0, -1], atol=1e-2)


def test_an_opening_is_read_once_and_changes_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make("llama").fold()
    prompt, token = torch.randint(0, 2000, (9,)), torch.randn(32)
    plain, decoder = Decoder(model, 20), Decoder(model, 20, opening=prompt[:6].tolist())
    fed: list[int] = []
    read = decoder._advance

    def counted(paths: Paths, x: torch.Tensor) -> torch.Tensor:
        fed.append(x.shape[1])
        return read(paths, x)

    monkeypatch.setattr(decoder, "_advance", counted)
    other = torch.cat((prompt[:3] + 1, prompt[3:]))
    for ids, user in ((prompt, None), (prompt, token), (other, None), (prompt[:6], None), (prompt[:7], token)):
        state, kept = decoder.read(ids, 2, user)
        expected, whole = plain.read(ids, 2, user)
        torch.testing.assert_close(state, expected, atol=1e-4, rtol=1e-4)
        assert (kept.length, kept.shared) == (whole.length, whole.shared)
        following = torch.tensor([[5, 7]])
        expected = plain.advance(whole, following)
        torch.testing.assert_close(decoder.advance(kept, following), expected, atol=1e-4, rtol=1e-4)
    assert fed[::2] == [3, 4, 9, 6, 2]  # only what comes after the opening, where there is one


def test_a_chosen_path_goes_on_from_its_parent() -> None:
    model = make("llama").fold()
    prompt, first, second = torch.arange(5), torch.tensor([[7], [8]]), torch.tensor([[3], [4], [5]])
    decoder = Decoder(model, 20)
    _, kept = decoder.read(prompt, 4)
    for parents in ([1, 0], [1, 1], [0, 1, 1], [1]):
        paths = kept.copies(2)
        decoder.advance(paths, first)
        paths.choose(parents)
        found = decoder.advance(paths, second[: len(parents)])[:, 0]
        whole = [torch.cat((prompt, first[p], second[i])) for i, p in enumerate(parents)]
        with torch.inference_mode():
            expected = model.states(torch.stack(whole))[:, -1]
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_several_paths_cannot_be_copied_and_a_prompt_must_fit() -> None:
    decoder = Decoder(make("llama").fold(), 10)
    _, kept = decoder.read(torch.arange(5), 5)
    with pytest.raises(ValueError, match="one path"):
        kept.copies(2).copies(2)
    with pytest.raises(ValueError, match="do not fit"):
        decoder.read(torch.arange(5), 6)


def test_models_that_it_would_get_wrong_are_refused() -> None:
    with pytest.raises(ValueError, match="folded"):
        Decoder(make("llama"), 10)
    with pytest.raises(ValueError, match="sliding window"):
        Decoder(make("qwen2", rank=0, use_sliding_window=True, sliding_window=4, max_window_layers=1), 10)
    with pytest.raises(ValueError, match="kind"):
        Decoder(make("llama", rank=0, hidden_act="gelu"), 10)
