"""The soft token in a turn: history steers the very next search, the receipt says so, and a switch keeps it out."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from segue.agent.fake import fakes
from segue.agent.music_agent import MusicAgent
from segue.agent.nodes.recommend import STEERED
from segue.agent.turn import Turn
from segue.generator.compact_generator import CompactGenerator
from segue.generator.errors import QueryError
from segue.memory.editing import set_leaning
from segue.memory.events import Subject
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog
from segue.tools.ranking.ranker import Ranker, Rankers
from segue.tools.ranking.recommend import Recommender
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.sources import SOURCES

SAID = "play something"


@pytest.fixture(scope="module")
def recommender() -> Iterator[Recommender]:
    """Orders by the generator alone."""
    shipped = Rankers.shipped(tuple(SOURCES)).full
    weights = np.zeros_like(shipped.weights)
    weights[2 * shipped.sources.index("generator")] = 1.0
    alone = Ranker(shipped.sources, weights)
    rankers = Rankers(alone, dict.fromkeys(SOURCES, alone))
    with Catalog.open(default_catalog()) as catalog:
        made = Recommender(catalog, generator=CompactGenerator.load(), rankers=rankers)
        made.warm()
        yield made


@pytest.fixture
async def agent(recommender: Recommender, tmp_path: Path) -> AsyncIterator[MusicAgent]:
    catalog = recommender.stock.catalog
    parts = {**fakes(catalog), "recommender": recommender}
    async with MusicAgent(catalog=catalog, data=tmp_path, **parts) as made:
        yield made


def receipts(turn: Turn) -> list[str]:
    return [receipt.text for receipt in turn.receipts]


def share(agent: MusicAgent, turn: Turn, genre: str) -> float:
    return float(np.mean([genre in " ".join(agent.catalog.track(shown.id).genres) for shown in turn.tracks]))


async def test_likes_steer_the_next_search_unless_the_switch_is_off(agent: MusicAgent) -> None:
    before = await agent.turn(SAID, thread="1")
    assert STEERED not in receipts(before)
    column = agent.catalog.table["genres"].to_pylist()
    reggae = [agent.catalog.ids[row] for row, genres in enumerate(column) if "reggae" in (genres or [])]
    for track in reggae[:4]:
        await agent.feedback("local", "1", track, "liked")
    steered = await agent.turn(SAID, thread="2")
    assert STEERED in receipts(steered)
    assert share(agent, steered, "reggae") > share(agent, before, "reggae")
    off = await agent.turn(SAID, thread="3", personal=False)
    assert STEERED not in receipts(off)
    assert share(agent, off, "reggae") < share(agent, steered, "reggae")
    stranger = await agent.turn(SAID, thread="4", user="eve")
    assert STEERED not in receipts(stranger)


async def test_an_edit_in_words_steers_the_very_next_search(agent: MusicAgent) -> None:
    await agent.edit(set_leaning("local", Subject(kind="genre", value="reggae"), 1.0))
    turn = await agent.turn(SAID)
    assert STEERED in receipts(turn)
    await agent.erase("local")
    assert STEERED not in receipts(await agent.turn(SAID, thread="other"))


async def test_a_generator_that_the_token_was_not_learnt_for_is_told(
    agent: MusicAgent, recommender: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recommender.stock.generator, "weights", "other")
    catalog = recommender.stock.catalog
    parts = {**fakes(catalog), "recommender": recommender}
    async with MusicAgent(catalog=catalog, data=tmp_path / "other", **parts) as made:
        assert (await made.turn(SAID, thread="1")).degraded == ()  # of whom nothing is known, there is no token
        await made.feedback("local", "1", catalog.ids[0], "liked")
        turn = await made.turn(SAID, thread="2")
        assert turn.tracks
        assert STEERED not in receipts(turn)
        assert any("segue listener train" in text for text in turn.degraded)


def test_a_token_for_nobody_to_read_is_refused(recommender: Recommender) -> None:
    with_none = Recommender(recommender.stock.catalog, searcher=recommender.stock.searcher)
    with pytest.raises(QueryError, match="soft token"):
        with_none.recommend(Situation(SAID), listener=np.zeros(384, dtype=np.float32))
