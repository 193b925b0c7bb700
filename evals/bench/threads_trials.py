"""Trials of conversations: many turns at once, and processes killed in the middle of one.

The mind of the agents is scripted, everything around it is real: graph, saver, locks, taste store, processes, signals.
Every message says who says it and is said once, so that nothing can be counted for something else.
"""

import asyncio
import multiprocessing
import os
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final

from segue.agent.fake import FakeImportance, FakeRecommender
from segue.agent.music_agent import MusicAgent
from segue.agent.turn import Turn
from segue.agent.wish import ThreadView, Wish
from segue.evals.bench.threads_places import Place
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog

TRACKS: Final = 3_000
SHARED: Final = 10
"""Turns of one thread, whoever says them."""


@dataclass
class Found:
    """What the trials found."""

    turns: int = 0
    lost: int = 0
    doubled: int = 0
    crossed: int = 0
    taste_lost: int = 0
    taste_doubled: int = 0

    def metrics(self) -> dict[str, float]:
        """Return the counts by name."""
        return {name.replace("_", " "): float(value) for name, value in asdict(self).items()}


class Hearer:
    """Understands "u7 likes 12" and "u7 asks 13"."""

    def hear(self, message: str, thread: ThreadView) -> Wish:
        """Return the wish; who likes something likes the first track in sight."""
        liked = " likes " in message and bool(thread.shown)
        return Wish(act="like", text=message, refs=(1,)) if liked else Wish(act="request", text=message, count=1)


def small_catalog(folder: Path) -> None:
    """Build the catalog of the trials."""
    rows = (
        {"id": f"t{n}", "title": f"Song {n}", "artists": [f"Band {n % 701}"], "genres": ["rock"]} for n in range(TRACKS)
    )
    update_catalog(folder, map(Track.model_validate, rows), encoder=HashingEncoder())


def agent_over(place: Place, catalog: Catalog, seconds: float = 0.0) -> MusicAgent:
    """Return an agent with a scripted mind."""
    return MusicAgent(
        **place,
        catalog=catalog,
        hearer=Hearer(),
        importance=FakeImportance(),
        recommender=FakeRecommender(catalog, seconds=seconds),
    )


def script(turns: int, users: int) -> list[tuple[str, str, str]]:
    """Return (user, thread, message) of all turns; threads are shared by the listeners."""
    said = []
    for number in range(turns):
        user = f"u{number % users}"
        verb = "likes" if number // SHARED % 2 and number % 3 == 0 else "asks"
        said.append((user, f"t{number % max(1, turns // SHARED)}", f"{user} {verb} {number}"))
    return said


def alone(folder: Path, place: Place, *, turns: int, users: int) -> Found:
    """Run turns at once on the compiled graph alone, as LangGraph runs them."""

    async def run() -> Found:
        with Catalog.open(folder / "catalog") as catalog:
            async with agent_over(place, catalog) as agent:
                await asyncio.gather(
                    *(
                        agent.graph.ainvoke(
                            {"message": message, "user": user},
                            {"configurable": {"thread_id": thread}},
                            durability="exit",
                        )
                        for user, thread, message in script(turns, users)
                    )
                )
                return await _judged(agent, script(turns, users), ())

    return asyncio.run(run())


def at_once(folder: Path, place: Place, *, turns: int, users: int, processes: int) -> Found:
    """Run turns at once, in one process or in several over one place."""
    said = script(turns, users)
    if processes == 1:
        answers = asyncio.run(_say(folder, place, said))
    else:
        context = _context()
        with context.Pool(processes) as pool:
            parts = [(folder, place, said[start::processes]) for start in range(processes)]
            answers = [turn for part in pool.starmap(_say_in_process, parts) for turn in part]
    return asyncio.run(_look(folder, place, said, answers))


def _say_in_process(folder: Path, place: Place, said: Sequence[tuple[str, str, str]]) -> list[Turn]:
    return asyncio.run(_say(folder, place, said))


async def _say(folder: Path, place: Place, said: Sequence[tuple[str, str, str]]) -> list[Turn]:
    with Catalog.open(folder / "catalog") as catalog:
        async with agent_over(place, catalog) as agent:
            asked = (agent.turn(message, user=user, thread=thread) for user, thread, message in said)
            return list(await asyncio.gather(*asked))


async def _look(folder: Path, place: Place, said: Sequence[tuple[str, str, str]], answers: Sequence[Turn]) -> Found:
    with Catalog.open(folder / "catalog") as catalog:
        async with agent_over(place, catalog) as agent:
            return await _judged(agent, said, answers)


async def _judged(agent: MusicAgent, said: Sequence[tuple[str, str, str]], answers: Sequence[Turn]) -> Found:
    """Compare what was said with what the threads and the store hold."""
    found = Found(turns=len(said))
    wanted: dict[str, list[str]] = defaultdict(list)
    for _, thread, message in said:
        wanted[thread].append(message)
    liked: Counter[str] = Counter()
    for thread, messages in wanted.items():
        history = await agent.history(thread)
        held = Counter(turn.wish.text for turn in history)
        found.lost += sum((Counter(messages) - held).values())
        found.doubled += sum(times - 1 for times in held.values())
        found.crossed += sum(not turn.wish.text.startswith(f"{turn.user} ") for turn in history)
        found.crossed += sum((held - Counter(messages)).values())
        liked.update(turn.user for turn in history if turn.wish.act == "like")
        shown = [track.id for turn in history for track in turn.tracks]
        found.crossed += len(shown) - len(set(shown))
    for answer in answers:
        found.crossed += not answer.wish.text.startswith(f"{answer.user} ")
    for user in sorted({user for user, _, _ in said}):
        events = await agent.parts.keeper.store.events(user)
        found.crossed += sum(not event.message.startswith(f"{user} ") for event in events)
        found.taste_lost += max(0, liked[user] - len(events))
        found.taste_doubled += max(0, len(events) - liked[user])
    return found


def killed(folder: Path, place: Place, *, kills: int, seed: int, advance: Callable[[], None]) -> Found:
    """Kill a conversation again and again at random moments, and take it up where its last answer was heard."""
    heard = folder / "heard.txt"
    heard.touch()
    chance, context = random.Random(seed), _context()
    for _ in range(kills):
        before = heard.stat().st_size
        process = context.Process(target=_converse, args=(folder, place, heard, None))
        process.start()
        while heard.stat().st_size == before and process.is_alive():
            process.join(0.005)
        process.join(chance.uniform(0, 0.15))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        advance()
    last = len(heard.read_text().splitlines()) + 3
    process = context.Process(target=_converse, args=(folder, place, heard, last))
    process.start()
    process.join()
    said = [("u0", "t0", _message(number)) for number in range(last)]
    return asyncio.run(_look(folder, place, said, ()))


def _converse(folder: Path, place: Place, heard: Path, last: int | None) -> None:
    """Say one message after another; what was answered is noted in `heard`, as a client would know it."""

    start = len(heard.read_text().splitlines())

    async def run() -> None:
        with Catalog.open(folder / "catalog") as catalog:
            async with agent_over(place, catalog, seconds=0.002) as agent:
                number = start
                while last is None or number < last:
                    await agent.turn(_message(number), user="u0", thread="t0", id=f"m{number}")
                    _note(heard, number)
                    number += 1

    asyncio.run(run())


def _note(heard: Path, number: int) -> None:
    with heard.open("a") as file:
        file.write(f"{number}\n")


def _message(number: int) -> str:
    return f"u0 {'likes' if number % 3 == 2 else 'asks'} {number}"


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context
