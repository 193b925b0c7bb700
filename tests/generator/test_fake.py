import numpy as np

from segue.generator.contract import GeneratorContract
from segue.generator.dialogue import Dialogue
from segue.generator.fake import FakeGenerator
from segue.generator.interface import GenerationRequest, Generator
from segue.generator.layout import Codes

JAZZ = np.array([9, 8, 7] * 9, dtype=np.uint8)


class TestFakeGenerator(GeneratorContract):
    def make_generator(self) -> Generator:
        return FakeGenerator({"jazz": JAZZ})

    def known_answer(self) -> tuple[Dialogue, Codes]:
        return Dialogue.of("Some JAZZ, please"), JAZZ


async def test_it_remembers_what_it_was_asked() -> None:
    fake = FakeGenerator()
    request = GenerationRequest(Dialogue.of("hello"))
    await fake.generate(request)
    assert fake.requests == [request]
    assert isinstance(fake, Generator)
