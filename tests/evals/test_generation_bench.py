import numpy as np
from typer.testing import CliRunner

from segue.evals.bench.app import app
from segue.evals.bench.generation import count_illegal, mask_ms, measure
from segue.generator.fake import FakeGenerator
from segue.generator.interface import Generation, GenerationRequest


class Careless(FakeGenerator):
    """Returns an ID whose artist is unknown where it draws."""

    async def generate(self, request: GenerationRequest) -> Generation:
        generation = await super().generate(request)
        if request.seed is not None:
            generation.ids[-1, :3] = 0
        return generation


async def test_illegal_ids_are_counted_among_those_drawn() -> None:
    figures = await measure(FakeGenerator(), 3, 40)
    assert (figures["drawn"], figures["illegal"]) == (40, 0)
    assert 0 < figures["p50_ms"] <= figures["p95_ms"]
    careless = await measure(Careless(), 3, 40)
    assert careless["illegal"] == 3  # one of each 16 drawn at once


def test_every_way_to_be_illegal_counts() -> None:
    ids = np.ones((4, 27), dtype=np.uint8)
    ids[1, 2] = 31  # the third level has the codes 0 to 30
    ids[2, 3:6] = 0
    assert count_illegal(FakeGenerator(), ids) == 2


def test_a_mask_takes_time() -> None:
    assert 0 < mask_ms(2000, 3) < 1000


def test_what_it_cannot_measure_it_refuses() -> None:
    for arguments in (["--rows", "psychic"], ["--untrained"]):
        run = CliRunner().invoke(app, ["generation", *arguments])
        assert run.exit_code == 2
