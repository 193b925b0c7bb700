"""The referee of `segue bench obedience` sees what an agent breaks, and finds nothing in one that obeys."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.agent.music_agent import MusicAgent
from segue.evals.bench.obedience import drawn, figures, run, worst
from segue.evals.obedience import Line, Order, judge
from segue.evals.obedience_scripts import Scripts, no, only
from segue.evals.suites.agent import Opener, SuiteAgent
from segue.evals.suites.broken import IgnoresBans, around
from segue.evals.suites.fake import ScriptedAgent, shown
from segue.evals.suites.years import Years
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog

GENRES, LANGUAGES = ("jazz", "country", "trip hop"), ("English", "French")
SONGS = [
    Track.model_validate(
        {
            "id": f"t{n}", "title": f"Tune {n}", "artists": [f"Player {n % 9}"], "genres": [GENRES[n % 3]],
            "released": str(1970 + n % 40), "language": LANGUAGES[n // 9 % 2],
            "vocals": ("female", "male")[n // 18 % 2],
        }
    )
    for n in range(72)
]  # fmt: skip
TRACKS = {track.id: track for track in SONGS}
BAN = [
    Line("never play country again", (no("genres", "country"),), asks=False),
    Line("some songs", (no("genres", "country"),), "two"),
]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    folder = tmp_path_factory.mktemp("ordered")
    update_catalog(folder, SONGS, encoder=HashingEncoder())
    with Catalog.open(folder) as opened:
        yield opened


def small_agent(catalog: Catalog) -> Opener:
    """Open the agent without its generator, which takes seconds to load and forbids nothing."""

    def open_agent(folder: Path) -> SuiteAgent:
        return MusicAgent(catalog=catalog, generator=None, data=folder)

    return open_agent


def test_an_agent_that_ignores_bans_is_caught_and_one_that_obeys_is_not(catalog: Catalog) -> None:
    good = asyncio.run(run(small_agent(catalog), [BAN], TRACKS))
    assert figures(good)["broken"] == 0
    assert len(good[1].turn.tracks) > 1
    bad = asyncio.run(run(around(small_agent, IgnoresBans)(catalog), [BAN], TRACKS))
    assert figures(bad)["broken"] == 1
    assert "some songs" in worst(bad)[0]
    assert "nothing with genres: country" in worst(bad)[0]


@pytest.mark.parametrize(
    ("line", "tracks", "broken"),
    [
        (Line("jazz", (only("genres", "jazz"),)), ("t0", "t3"), 0),
        (Line("jazz", (only("genres", "jazz"),)), ("t0", "t1"), 1),
        (Line("the 70s", (only("years", Years(1970, 1979)),)), ("t0", "t12"), 1),
        (Line("no French", (no("languages", "French"),)), ("t9",), 1),
        (Line("one song", most=1), ("t0", "t1"), 1),
        (Line("by different people", per_artist=1), ("t0", "t9"), 1),
        (Line("something"), ("t5",), 1),
    ],
)
def test_the_referee_counts_what_is_broken(line: Line, tracks: tuple[str, ...], broken: int) -> None:
    answer = ScriptedAgent({line.message: {"text": "Here.", "tracks": shown(*(TRACKS[each] for each in tracks))}})
    turn = asyncio.run(answer.turn(line.message, user="u", thread="t"))
    assert len(judge(line, turn, TRACKS, {"t5"}).broken) == broken


def test_an_empty_answer_is_wrong_only_where_something_fits() -> None:
    order, never = Order(("genres", "jazz"), True), Order(("genres", "polka"), True)
    for line, wrong in ((Line("x", (order,)), True), (Line("x", (never,)), False), (Line("x", asks=False), False)):
        turn = asyncio.run(ScriptedAgent({"x": {"text": "Nothing."}}).turn("x", user="u", thread="t"))
        assert judge(line, turn, TRACKS, set()).empty is wrong


def test_the_same_seed_gives_the_same_orders_of_every_kind() -> None:
    first, again = (Scripts(SONGS, 3) for _ in range(2))
    scripts = [first.draw() for _ in range(22)]
    assert scripts == [again.draw() for _ in range(22)]
    messages = " ".join(line.message for script in scripts for line in script)
    for words in ("never", "anything but", "per artist", "nothing in", "vocals", "songs in"):
        assert words in messages
    assert sum(map(len, drawn(TRACKS, 30, 1))) >= 30


def test_what_plays_the_same_again_is_caught(tmp_path: Path) -> None:
    def stubborn(folder: Path) -> SuiteAgent:
        return ScriptedAgent({"jazz": {"text": "Here.", "tracks": shown(TRACKS["t0"])}})

    script = [Line("jazz", thread="one", reaction="disliked"), Line("jazz", thread="two")]
    assert figures(asyncio.run(run(stubborn, [script], TRACKS)))["broken"] == 1
