"""The music language model: it learns both ways of answering, resumes where it was killed, and merges into its base."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.generator.training.conftest import LAYOUT, WISHES, build, corpus
from transformers import PreTrainedTokenizerFast

from segue.generator.contract import GeneratorContract
from segue.generator.dialogue import Dialogue
from segue.generator.errors import WeightsCorrupt
from segue.generator.interface import Generator
from segue.generator.language import MusicLanguageModel
from segue.generator.losses import codebook_log_probabilities
from segue.generator.parallel import ParallelGenerator
from segue.generator.prompt import PromptBuilder
from segue.generator.training.language import LanguageSettings, Losses, train_language

SETTINGS = LanguageSettings(
    epochs=25, batch=4, learning_rate=1e-2, head_rate=1e-2, sequence_share=1.0, self_similarity=0
)


@pytest.mark.parametrize("kind", ["llama", "qwen"])
def test_both_ways_of_answering_are_learnt(smollm_tokenizer: PreTrainedTokenizerFast, kind: str) -> None:
    model, known = build(smollm_tokenizer, kind), corpus()
    prompts = PromptBuilder(smollm_tokenizer, model.codec)
    told: list[Losses] = []
    train_language(model, prompts, known, SETTINGS, report=lambda done, total, losses: told.append(losses), every=10)
    assert told[-1].parallel < told[0].parallel / 2
    assert told[-1].sequence < told[0].sequence / 2
    answer = ParallelGenerator(model, prompts, fingerprint="f").distribution(Dialogue.of(WISHES[0]))
    assert np.array_equal(answer.best, known.codes["t0"])


def test_held_out_examples_are_told_and_not_learnt(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    model, known = build(smollm_tokenizer), corpus()
    prompts = PromptBuilder(smollm_tokenizer, model.codec)
    told: list[Losses] = []
    settings = replace(SETTINGS, held_out=4, epochs=18)  # all of the second wish's, the last ones
    train_language(model, prompts, known, settings, report=lambda done, total, losses: told.append(losses), every=5)
    assert told[-1].parallel < told[0].parallel / 2
    assert told[-1].held_parallel > 2 * told[-1].parallel
    assert told[-1].held_sequence > told[-1].sequence
    with pytest.raises(ValueError, match="nothing to learn"):
        train_language(model, prompts, known, replace(settings, held_out=8))


def test_a_killed_training_resumes_to_the_same_end(smollm_tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill(done: int, total: int, losses: Losses) -> None:
        if done == 12:
            raise Killed

    known, settings = corpus(), replace(SETTINGS, epochs=9)
    whole, parts = build(smollm_tokenizer), build(smollm_tokenizer)
    prompts = PromptBuilder(smollm_tokenizer, whole.codec)
    train_language(whole, prompts, known, settings)
    with pytest.raises(Killed):
        train_language(parts, prompts, known, settings, checkpoint=tmp_path, checkpoint_every=5, report=kill, every=4)
    resumed = build(smollm_tokenizer)
    steps: list[int] = []
    train_language(
        resumed, prompts, known, settings, checkpoint=tmp_path, checkpoint_every=5,
        report=lambda done, total, losses: steps.append(done), every=4,
    )  # fmt: skip
    assert steps[0] == 12  # the checkpoint of step 10 was the last whole one
    torch.testing.assert_close(resumed.rows, whole.rows)
    # Killed before its weights were written, a training that is over is not learnt again.
    steps.clear()
    again = build(smollm_tokenizer)
    train_language(
        again, prompts, known, settings, checkpoint=tmp_path,
        report=lambda done, total, losses: steps.append(done), every=1,
    )  # fmt: skip
    assert not steps
    torch.testing.assert_close(again.rows, whole.rows)


def test_a_training_does_not_resume_on_another_catalog(
    smollm_tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    known = corpus()
    prompts = PromptBuilder(smollm_tokenizer, build(smollm_tokenizer).codec)
    settings = replace(SETTINGS, epochs=2)
    train_language(build(smollm_tokenizer), prompts, known, settings, checkpoint=tmp_path)
    others = replace(known, codes={track: np.roll(codes, 1) % 2 + 1 for track, codes in known.codes.items()})
    with pytest.raises(WeightsCorrupt, match="other settings or examples"):
        train_language(build(smollm_tokenizer), prompts, others, settings, checkpoint=tmp_path)


def test_a_checkpoint_of_other_settings_is_refused(smollm_tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    from segue.generator.training.checkpoint import load_checkpoint, save_checkpoint

    model = build(smollm_tokenizer)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad])
    save_checkpoint(tmp_path, model, optimizer, 3, {"seed": 0})
    assert load_checkpoint(tmp_path, model, optimizer, {"seed": 0}) == 3
    with pytest.raises(WeightsCorrupt):
        load_checkpoint(tmp_path, model, optimizer, {"seed": 1})


def test_the_merged_model_says_what_the_model_in_training_said(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    model = build(smollm_tokenizer)
    with torch.no_grad():
        for change in model.changes().values():
            change.add_(torch.randn_like(change) * 0.1)
    codec = model.codec
    music = torch.from_numpy(codec.to_tokens(corpus().codes["t0"]))
    ids = torch.cat((torch.tensor([5, 6, 7]), music))[None]
    with torch.inference_mode():
        states = model.states(ids)
        wanted = codebook_log_probabilities(states[:, 3], model.rows, LAYOUT, 0)
    merged = model.merge()
    assert not [name for name, _ in merged.named_parameters() if "lora" in name]
    with torch.inference_mode():
        logits = merged(input_ids=ids).logits[:, 3]
        found = logits[:, codec.base : codec.base + 7].masked_fill(torch.arange(7) == 0, -torch.inf).log_softmax(-1)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_training_all_of_a_model_is_possible(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    model = build(smollm_tokenizer, rank=0)
    assert not model.changes()
    before = model.base.model.layers[0].mlp.up_proj.weight.clone()
    prompts = PromptBuilder(smollm_tokenizer, model.codec)
    train_language(model, prompts, corpus(), LanguageSettings(epochs=1, batch=4, self_similarity=0))
    assert not torch.equal(before, model.base.model.layers[0].mlp.up_proj.weight)


class TestParallelContract(GeneratorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def parts(cls, smollm_tokenizer: PreTrainedTokenizerFast) -> tuple[MusicLanguageModel, PromptBuilder]:
        model = build(smollm_tokenizer)
        return model, PromptBuilder(smollm_tokenizer, model.codec)

    @pytest.fixture(autouse=True)
    def _parts(self, parts: tuple[MusicLanguageModel, PromptBuilder]) -> None:
        self.made = parts

    def make_generator(self) -> Generator:
        return ParallelGenerator(*self.made, fingerprint="f")
