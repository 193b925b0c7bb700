"""Reader and heads learn from a language model that stays as it is, and read what it makes of prompts."""

import numpy as np
import pytest
import torch
from tests.generator.training.conftest import WISHES, build, corpus
from transformers import PreTrainedTokenizerFast

from segue.generator.dialogue import Dialogue, DialogueTurn, music_turn
from segue.generator.language import MusicLanguageModel
from segue.generator.parallel import ParallelGenerator
from segue.generator.prompt import PromptBuilder
from segue.generator.training.fit import FitSettings, Step
from segue.generator.training.reader import read_prompts, states_of, train_reader


@pytest.fixture
def model(smollm_tokenizer: PreTrainedTokenizerFast) -> MusicLanguageModel:
    return build(smollm_tokenizer, depth=1).fold()


def test_heads_learn_and_the_model_stays(model: MusicLanguageModel, smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    prompts, known = PromptBuilder(smollm_tokenizer, model.codec), corpus()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    told: list[Step] = []
    progress: list[tuple[int, int]] = []
    train_reader(
        model, states_of(model, prompts), prompts, known, FitSettings(epochs=40, batch=4, learning_rate=5e-3),
        reading=lambda done, total: progress.append((done, total)), report=told.append, every=10,
    )  # fmt: skip
    assert progress[-1] == (2, 2)  # eight examples of two wishes, each read once
    assert told[-1].loss < told[0].loss / 2
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.startswith(("reader.", "heads.")) for name in changed)
    generator = ParallelGenerator(model, prompts, fingerprint="f")
    for number, wish in enumerate(WISHES):
        assert np.array_equal(generator.distribution(Dialogue.of(wish)).best, known.codes[f"t{number}"])


def test_states_are_kept_of_what_stands_behind_the_opening(
    model: MusicLanguageModel, smollm_tokenizer: PreTrainedTokenizerFast
) -> None:
    prompts = PromptBuilder(smollm_tokenizer, model.codec)
    played = (DialogueTurn(role="user", text="jazz"), music_turn(corpus().codes["t0"], "a track", True))
    dialogues = [Dialogue.of(WISHES[0]), Dialogue.of(WISHES[1]), Dialogue(turns=(*played, *Dialogue.of("more").turns))]
    ids = sorted((np.append(prompts.prompt(one), model.codec.begin) for one in dialogues), key=len)
    kept = read_prompts(states_of(model, prompts), ids, model.width)
    states, real = kept.batch(np.array([2, 0]))
    for row, number in enumerate((2, 0)):
        early = model.early_states(torch.from_numpy(ids[number])[None])[0, len(prompts.opening) :]
        assert int(real[row].sum()) == len(early)
        torch.testing.assert_close(states[row, : len(early)], early, atol=2e-3, rtol=2e-3)
    # A model that the decoder cannot run is read as well.
    model.base.config.layer_types = ["sliding_attention"]
    general, _ = read_prompts(states_of(model, prompts), ids, model.width).batch(np.array([2, 0]))
    torch.testing.assert_close(general, states, atol=2e-3, rtol=2e-3)


def test_early_states_are_those_of_a_whole_pass(
    model: MusicLanguageModel, smollm_tokenizer: PreTrainedTokenizerFast
) -> None:
    ids = torch.tensor([[5, 6, 7, 8]])
    early, states = model.both_states(ids)
    torch.testing.assert_close(early, model.early_states(ids))
    torch.testing.assert_close(states, model.states(ids))
    assert not torch.allclose(early, states)
    torch.testing.assert_close(model.keep_early().states(ids), early)


def test_a_depth_that_the_model_does_not_have_is_refused(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    for depth in (0, 3):
        with pytest.raises(ValueError, match=f"after {depth} of 2 layers"):
            build(smollm_tokenizer, depth=depth)
