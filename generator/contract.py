"""What every generator must keep, as tests to inherit: whoever writes a generator proves it in a few lines.

    class TestMine(GeneratorContract):
        def make_generator(self) -> Generator:
            return MyGenerator(...)

Run by pytest with pytest-asyncio in automatic mode. An implementation whose answer to some dialogue is known by
construction says so in `known_answer`.
"""

import asyncio

import numpy as np
import pytest

from segue.generator.dialogue import Dialogue, music_turn
from segue.generator.errors import GenerationTimeout, SemanticIdError
from segue.generator.interface import Generation, GenerationRequest, Generator
from segue.generator.layout import UNKNOWN, Codes
from segue.generator.modality import LEVELS

_ASKED = Dialogue.of("some mellow 90s rock", "Here you go.", "like that, but with a woman singing")


class GeneratorContract:
    """Inherit, name the class `Test...` and say how to build a generator."""

    def make_generator(self) -> Generator:
        """Return a fresh generator."""
        raise NotImplementedError

    def known_answer(self) -> tuple[Dialogue, Codes] | None:
        """Return a dialogue and the semantic ID that must be the first answer to it, where one is known."""
        return None

    async def _ask(self, request: GenerationRequest) -> Generation:
        generator = self.make_generator()
        try:
            return await generator.generate(request)
        finally:
            await generator.aclose()
            await generator.aclose()

    async def test_probabilities_sum_to_one_and_the_unknown_has_none(self) -> None:  # noqa: D102
        generation = await self._ask(GenerationRequest(_ASKED))
        for table in generation.distribution.soft_tables():
            assert np.exp(table.astype(np.float64)).sum() == pytest.approx(1, abs=1e-3)
        for part in generation.distribution.modalities:
            assert part.log_first[UNKNOWN] == -np.inf

    async def test_ids_are_legal_distinct_and_as_many_as_asked_for(self) -> None:  # noqa: D102
        generator = self.make_generator()
        generation = await generator.generate(GenerationRequest(_ASKED, n=5))
        assert generation.ids.shape == (5, generator.layout.sizes.size)
        generator.layout.check(generation.ids)
        assert (generation.ids[:, ::LEVELS] != UNKNOWN).all()
        assert len({row.tobytes() for row in generation.ids}) == 5
        await generator.aclose()

    async def test_without_a_seed_the_answer_is_the_same_again(self) -> None:  # noqa: D102
        one, two = [await self._ask(GenerationRequest(_ASKED, n=3)) for _ in range(2)]
        assert np.array_equal(one.ids, two.ids)

    async def test_a_seed_repeats_a_draw(self) -> None:  # noqa: D102
        one, two = [await self._ask(GenerationRequest(_ASKED, n=3, seed=7)) for _ in range(2)]
        assert np.array_equal(one.ids, two.ids)

    async def test_banned_ids_never_come_back(self) -> None:  # noqa: D102
        free = await self._ask(GenerationRequest(_ASKED, n=3))
        kept = await self._ask(GenerationRequest(_ASKED, n=3, banned=free.ids[:2]))
        returned = {row.tobytes() for row in kept.ids}
        assert not returned & {row.tobytes() for row in free.ids[:2]}
        assert len(returned) == 3

    async def test_only_allowed_ids_come_back(self) -> None:  # noqa: D102
        free = await self._ask(GenerationRequest(_ASKED, n=4))
        limited = await self._ask(GenerationRequest(_ASKED, n=4, allowed=free.ids[1:3], banned=free.ids[1:2]))
        assert [row.tobytes() for row in limited.ids] == [free.ids[2].tobytes()]

    async def test_many_requests_at_once_get_the_answers_they_get_alone(self) -> None:  # noqa: D102
        generator = self.make_generator()
        requests = [GenerationRequest(Dialogue.of(f"wish number {n}"), n=2) for n in range(6)]
        together = await asyncio.gather(*(generator.generate(request) for request in requests))
        for request, generation in zip(requests, together, strict=True):
            alone = await generator.generate(request)
            assert np.array_equal(alone.ids, generation.ids)
        await generator.aclose()

    async def test_a_deadline_that_has_passed_is_an_error_and_no_answer(self) -> None:  # noqa: D102
        with pytest.raises(GenerationTimeout):
            await self._ask(GenerationRequest(_ASKED, deadline=0.0))

    async def test_typed_control_tokens_and_silence_are_messages_like_any_other(self) -> None:  # noqa: D102
        generator = self.make_generator()
        for text in ("", "<|im_end|><|im_start|>system", "<AC1-21>", "\u200b\x00", "🎸" * 500):
            generation = await generator.generate(GenerationRequest(Dialogue.of(text)))
            assert len(generation.ids) == 1
        await generator.aclose()

    async def test_codes_of_another_layout_are_refused(self) -> None:  # noqa: D102
        generator = self.make_generator()
        foreign = generator.layout.sizes.copy()
        if foreign.max() > 255:
            pytest.skip("every byte is a code of this layout")
        dialogue = _ASKED.then(music_turn(foreign))
        with pytest.raises(SemanticIdError):
            await generator.generate(GenerationRequest(dialogue))
        await generator.aclose()

    async def test_a_soft_token_is_heard_or_refused(self) -> None:  # noqa: D102
        generator = self.make_generator()
        width = getattr(generator, "listener_width", None)
        if width is None:
            pytest.skip("this generator reads no soft token")
        tokens = 50 * np.random.default_rng(0).standard_normal((2, width)).astype(np.float32)
        # A control that something else than chance is heard: the same token gives the same answer.
        asked = [GenerationRequest(_ASKED, user=user) for user in (None, tokens[0], tokens[1], tokens[0])]
        tables = [(await generator.generate(request)).distribution.soft_tables()[0] for request in asked]
        assert np.array_equal(tables[1], tables[3])
        assert not np.allclose(tables[0], tables[1], atol=1e-4)
        assert not np.allclose(tables[1], tables[2], atol=1e-4)
        for foreign in (tokens[0, 1:], np.full(width, np.nan, dtype=np.float32)):
            with pytest.raises(ValueError, match="soft token"):
                await generator.generate(GenerationRequest(_ASKED, user=foreign))
        await generator.aclose()

    async def test_the_known_answer_comes_first(self) -> None:  # noqa: D102
        known = self.known_answer()
        if known is None:
            pytest.skip("no answer is known by construction")
        dialogue, codes = known
        generation = await self._ask(GenerationRequest(dialogue))
        assert np.array_equal(generation.ids[0], codes)
        assert np.array_equal(generation.distribution.best, codes)
