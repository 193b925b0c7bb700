"""The shipped dialogues catch agents that are broken on purpose, and by name."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.agent.music_agent import MusicAgent
from segue.evals.suites.agent import OpenerMaker, SuiteAgent, segue_agent
from segue.evals.suites.broken import Forgets, IgnoresBans, Repeats, around
from segue.evals.suites.loader import SHIPPED, load
from segue.evals.suites.records import Check
from segue.evals.suites.runner import Runner
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog

pytestmark = pytest.mark.slow
CAUGHT = {
    IgnoresBans: {
        "negation/an artist ruled out [said=grunge, but not Nirvana]": {"excludes artists", "obeys"},
        "memory/a ban holds in a later thread": {"excludes genres"},
        "taste/never an artist": {"excludes artists"},
    },
    Forgets: {
        "memory/a ban holds in a later thread": {"taste never"},
        "memory/a ban holds after a restart": {"taste never"},
        "taste/never an artist": {"taste never"},
    },
    Repeats: {
        "follow-ups/more, and nothing twice": {"repeats nothing"},
        "memory/a thread goes on after a restart": {"repeats nothing"},
    },
}
"""For each broken agent the dialogues that catch it, with checks that may be what fails."""
NAMES = {name for names in CAUGHT.values() for name in names}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with Catalog.open(default_catalog()) as opened:
        yield opened


@pytest.fixture(scope="module")
def tracks(shipped_tracks: tuple[Track, ...]) -> dict[str, Track]:
    return {track.id: track for track in shipped_tracks}


@pytest.fixture(scope="module")
def reopened(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> OpenerMaker:
    """Make agents that keep things in a folder of their own; what has no memory of listeners is loaded once for all."""
    loaded = MusicAgent(catalog=catalog, data=tmp_path_factory.mktemp("loaded"))
    asyncio.run(loaded.aclose())
    parts = loaded.parts

    def open_agent(folder: Path) -> SuiteAgent:
        agent: SuiteAgent = MusicAgent(
            catalog=catalog,
            data=folder,
            hearer=parts.hearer,
            importance=parts.importance,
            recommender=parts.recommender,
        )
        return agent

    return lambda catalog: open_agent


def failures(
    maker: OpenerMaker, names: set[str], catalog: Catalog, tracks: dict[str, Track], folder: Path
) -> dict[str, list[Check]]:
    async def run() -> dict[str, list[Check]]:
        runner = Runner(maker(catalog), tracks, folder)
        try:
            found = {}
            for dialogue in load([SHIPPED]):
                if dialogue.id in names:
                    result = await runner.run(dialogue)
                    found[dialogue.id] = [check for record in result.records for check in record.failures]
            return found
        finally:
            await runner.aclose()

    return asyncio.run(run())


def test_the_dialogues_pass_on_the_agent_as_it_is(catalog: Catalog, tracks: dict[str, Track], tmp_path: Path) -> None:
    found = failures(segue_agent, NAMES, catalog, tracks, tmp_path)
    assert found.keys() == NAMES
    assert {name: checks for name, checks in found.items() if checks} == {}


@pytest.mark.parametrize("kind", CAUGHT, ids=lambda kind: kind.__name__)
def test_a_broken_agent_is_caught(
    kind: type[IgnoresBans | Forgets | Repeats],
    reopened: OpenerMaker,
    catalog: Catalog,
    tracks: dict[str, Track],
    tmp_path: Path,
) -> None:
    expected = CAUGHT[kind]
    found = failures(around(reopened, kind), set(expected), catalog, tracks, tmp_path)
    for name, checks in expected.items():
        assert {check.name for check in found[name]} & checks, (name, found[name])
        # Nothing else is wrong with it: its tracks are real and its answers are whole.
        assert not {check.name for check in found[name]} & {"answers", "real tracks", "numbered", "says something"}
