"""The sequence generator: legal IDs only, exact masks, and scores that agree with teacher forcing."""

import asyncio
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from segue.generator.beam_rounds import MOST_BEAMS
from segue.generator.continuations import Continuations
from segue.generator.contract import GeneratorContract
from segue.generator.dialogue import Dialogue
from segue.generator.errors import SemanticIdError
from segue.generator.interface import GenerationRequest, Generator
from segue.generator.language import MusicLanguageModel
from segue.generator.layout import UNKNOWN, CodeLayout, Codes
from segue.generator.prompt import PromptBuilder, codec_for
from segue.generator.sequence import SequenceGenerator

SMALL = CodeLayout(((2, 2, 1),) * 9)
WISH = Dialogue.of("some mellow 90s rock")


def build(
    tokenizer: PreTrainedTokenizerFast, kind: str = "llama", layout: CodeLayout | None = None
) -> SequenceGenerator:
    music = folded(tokenizer, kind, layout)
    return SequenceGenerator(music, PromptBuilder(tokenizer, music.codec), fingerprint="f")


def folded(tokenizer: PreTrainedTokenizerFast, kind: str, layout: CodeLayout | None = None) -> MusicLanguageModel:
    config, model = (LlamaConfig, LlamaForCausalLM) if kind == "llama" else (Qwen2Config, Qwen2ForCausalLM)
    torch.manual_seed(0)
    base = model(
        config(
            vocab_size=len(tokenizer), tie_word_embeddings=True, hidden_size=32, intermediate_size=48,
            num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
        )
    )  # fmt: skip
    codec = codec_for(tokenizer, layout) if layout else codec_for(tokenizer)
    music = MusicLanguageModel(base, codec, rank=2)
    with torch.no_grad():
        music.rows.mul_(40)  # far from even, so that paths differ in their scores
    return music.fold()


class TestSequenceContract(GeneratorContract):
    kind = "llama"

    @pytest.fixture(scope="class")
    @classmethod
    def parts(cls, smollm_tokenizer: PreTrainedTokenizerFast) -> tuple[MusicLanguageModel, PromptBuilder]:
        model = folded(smollm_tokenizer, cls.kind)
        return model, PromptBuilder(smollm_tokenizer, model.codec)

    @pytest.fixture(autouse=True)
    def _parts(self, parts: tuple[MusicLanguageModel, PromptBuilder]) -> None:
        self.made = parts

    def make_generator(self) -> Generator:
        return SequenceGenerator(*self.made, fingerprint="f")


class TestSequenceContractOnQwen(TestSequenceContract):
    kind = "qwen"


def test_scores_are_those_of_teacher_forcing(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    generator = build(smollm_tokenizer)
    generation = asyncio.run(generator.generate(GenerationRequest(WISH, n=3)))
    scores = generator.log_likelihoods(WISH, generation.ids)
    assert (np.diff(scores) < 1e-3).all()  # beams come in the order of their likelihood
    greedy = asyncio.run(generator.generate(GenerationRequest(WISH)))
    best = sum(
        float(part.log_probability(greedy.ids[:, 3 * m : 3 * m + 3])[0])
        for m, part in enumerate(greedy.distribution.modalities)
    )
    assert best == pytest.approx(float(generator.log_likelihoods(WISH, greedy.ids)[0]), abs=1e-2)
    assert np.array_equal(greedy.distribution.best, greedy.ids[0])
    half = generator.log_likelihoods(WISH, np.repeat(generation.ids, 20, axis=0))
    np.testing.assert_allclose(half, np.repeat(scores, 20), atol=1e-3)


def test_beams_find_what_greedy_walking_misses(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    generator = build(smollm_tokenizer)
    greedy = asyncio.run(generator.generate(GenerationRequest(WISH, n=1))).ids
    wide = asyncio.run(generator.generate(GenerationRequest(WISH, n=12))).ids
    assert generator.log_likelihoods(WISH, wide[:1])[0] >= generator.log_likelihoods(WISH, greedy)[0] - 1e-3


def test_an_allowed_id_with_gaps_can_come_out(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    generator = build(smollm_tokenizer)
    codes = np.ones((2, 27), dtype=np.uint8)
    codes[0, 3:6] = codes[1, 9:12] = 0
    generation = asyncio.run(generator.generate(GenerationRequest(WISH, n=2, allowed=codes)))
    assert {row.tobytes() for row in generation.ids} == {row.tobytes() for row in codes}


def test_nothing_comes_out_where_all_is_banned(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    generator = build(smollm_tokenizer)
    codes = np.ones((1, 27), dtype=np.uint8)
    generation = asyncio.run(generator.generate(GenerationRequest(WISH, allowed=codes, banned=codes)))
    assert not len(generation.ids)
    assert generation.distribution.best.shape == (27,)


def test_what_a_request_narrows_does_not_touch_the_distribution(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    generator = build(smollm_tokenizer)
    plain = asyncio.run(generator.generate(GenerationRequest(WISH)))
    rows = np.ones((3, 27), dtype=np.uint8)
    for request in (
        GenerationRequest(WISH, n=5),
        GenerationRequest(WISH, banned=plain.ids),
        GenerationRequest(WISH, allowed=rows, n=2),
        GenerationRequest(WISH, seed=3, n=2),
    ):
        other = asyncio.run(generator.generate(request))
        for one, two in zip(plain.distribution.soft_tables(), other.distribution.soft_tables(), strict=True):
            np.testing.assert_allclose(one, two, atol=1e-4)


@pytest.mark.parametrize("seed", [None, 5])
def test_as_many_ids_come_as_are_asked_for_past_the_beams_too(
    smollm_tokenizer: PreTrainedTokenizerFast, seed: int | None
) -> None:
    generator = build(smollm_tokenizer)
    free = asyncio.run(generator.generate(GenerationRequest(WISH, n=MOST_BEAMS + 4, seed=seed))).ids
    assert len({row.tobytes() for row in free}) == MOST_BEAMS + 4
    limited = GenerationRequest(WISH, n=30, seed=seed, allowed=free, banned=free[:1])
    found = asyncio.run(generator.generate(limited)).ids
    assert {row.tobytes() for row in found} == {row.tobytes() for row in free[1:]}
    if seed is None:
        assert (np.diff(generator.log_likelihoods(WISH, free)) < 1e-3).all()


def test_codes_of_another_layout_are_no_candidates(smollm_tokenizer: PreTrainedTokenizerFast) -> None:
    generator = build(smollm_tokenizer, layout=SMALL)
    with pytest.raises(SemanticIdError):
        generator.log_likelihoods(WISH, np.full((1, 27), 9, dtype=np.uint8))
    with pytest.raises(SemanticIdError):
        asyncio.run(generator.generate(GenerationRequest(WISH, banned=np.full((1, 27), 9, dtype=np.uint8))))


def _ids(numbers: list[int]) -> Codes:
    """IDs that differ in the last two modalities only, so that small sets exhaust a prefix."""
    rows = np.ones((len(numbers), 27), dtype=np.uint8)
    rows[:, 1::3] = rows[:, 2::3] = 0
    for row, number in zip(rows, numbers, strict=True):
        row[25], row[24], row[22], row[21] = number & 1, 1 + (number >> 1 & 1), number >> 2 & 1, 1 + (number >> 3 & 1)
    return rows


@settings(deadline=None, max_examples=60)
@given(
    banned=st.lists(st.integers(0, 15), max_size=16),
    allowed=st.none() | st.lists(st.integers(0, 15), min_size=1, max_size=16),
    random=st.randoms(use_true_random=False),
)
def test_every_walk_ends_at_an_id_that_may_come_out(
    banned: list[int], allowed: list[int] | None, random: Random
) -> None:
    continuations = Continuations(SMALL, None if allowed is None else _ids(allowed), _ids(banned))
    wanted = None if allowed is None else {row.tobytes() for row in _ids(allowed)}
    ruled_out = {row.tobytes() for row in _ids(banned)}
    assert continuations.count >= 0
    place, codes = continuations.start(), []
    near = _ids([0])[0]
    for position in range(27):
        mask = continuations.mask(place, position)
        choices = np.flatnonzero(mask)
        if not len(choices):
            assert wanted is not None
            assert position == 0
            assert wanted <= ruled_out
            return
        # Stay close to the banned ones up to the modalities in which they differ.
        code = (
            int(near[position])
            if position < 21 and mask[near[position]]
            else int(choices[random.randrange(len(choices))])
        )
        codes.append(code)
        place = continuations.step(place, position, code)
    row = np.array(codes, dtype=np.uint8)
    assert row.tobytes() not in ruled_out
    assert wanted is None or row.tobytes() in wanted
    assert wanted is not None or (SMALL.check(row)[::3] != UNKNOWN).all()
