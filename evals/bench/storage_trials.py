"""Trials of the catalog folder: writers killed at random moments, and two writers at once.

Each trial knows what the catalog held before and what it would hold after, and accepts nothing else. Knows the public
interface of the catalog only; the processes are real, and so is the signal.
"""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Final

from segue.generator.errors import CatalogLocked, SegueError
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.derived import artefacts
from segue.tools.catalog.update import update_catalog

ENCODER: Final = HashingEncoder()
_PATIENCE: Final = 120.0
"""Seconds after which a process that says nothing counts as hung."""


def generation(number: int, tracks: int) -> list[Track]:
    """Return tracks of which two thirds recur in the next generation, with every text changed."""
    first = number * tracks // 3
    return [
        Track.model_validate(
            {
                "id": f"t{i}",
                "title": f"Song {i} of {number}",
                "artists": [f"Band {i % 37}"],
                "moods": [f"mood {number}"],
            }
        )
        for i in range(first, first + tracks)
    ]


@dataclass
class Findings:
    """What the trials found."""

    trials: int = 0
    torn: list[str] = field(default_factory=list)
    """One line for each catalog that was neither the old nor the new one, or that failed a check."""
    interrupted: int = 0
    """Kills that came before the writer had finished."""
    kept_old: int = 0
    became_new: int = 0
    locked: int = 0
    """Writers that were told that another one is writing."""
    locked_seconds: list[float] = field(default_factory=list)
    """How long each of them had to wait for that."""
    leftovers: int = 0
    """Versions beyond the current one after the last writer, which should have removed them."""


def verify(folder: Path, states: Sequence[list[Track]]) -> int:
    """Open the catalog, check every file and artefact, search it; return which of `states` it holds.

    Raises:
        SegueError: a check failed.
        ValueError: it holds none of the states.
    """
    with Catalog.open(folder) as catalog:
        for artefact in artefacts():
            catalog.manifest.check_artefact(catalog.folder, artefact.name)
            artefact.check(catalog.folder, catalog.table)
        held = list(catalog)
        catalog.dense.exact_below = 0  # ask Chroma, however few tracks there are
        if len(catalog.dense.query(ENCODER.encode([held[-1].title])[0], 10).positions) != min(10, len(held)):
            raise ValueError("the dense index does not answer")
    return states.index(held)


def kill_writers(
    folder: Path, *, kills: int, tracks: int, seed: int, advance: Callable[[], None] = lambda: None
) -> Findings:
    """Kill (SIGKILL) an import of `tracks` tracks at a uniformly random moment of its course, `kills` times."""
    rng = random.Random(seed)
    victim = _Victim(folder, tracks)
    duration = victim.run(kill_after=_PATIENCE)  # undisturbed, to learn how long an import takes
    victim.findings = Findings()
    while victim.findings.trials < kills and not victim.findings.torn:
        moment = rng.uniform(0, 1.1 * duration)
        took = victim.run(kill_after=moment)
        duration = 0.8 * duration + 0.2 * took if took < moment else max(duration, moment)
        advance()
    return victim.finish()


def kill_at_every_flush(
    folder: Path, *, tracks: int, step: int = 1, advance: Callable[[], None] = lambda: None
) -> Findings:
    """Let imports die just before their first flush to the disk, before their second, and so on to the last.

    Between two flushes nothing is decided; so these are all the moments that differ. With a `step` above 1 only
    one flush in so many is tried.
    """
    victim = _Victim(folder, tracks)
    flush = 1 - step
    while not victim.findings.torn:
        flush += step
        before = victim.findings.interrupted
        victim.run(kill_after=_PATIENCE, die_at_flush=flush)
        advance()
        if victim.findings.interrupted == before:
            break
    return victim.finish()


class _Victim:
    """A catalog whose writers are killed, and what it may hold."""

    def __init__(self, folder: Path, tracks: int) -> None:
        self.findings = Findings()
        self._folder = folder
        self._tracks = tracks
        self._number = 0
        self._held = generation(0, tracks)
        update_catalog(folder, self._held, encoder=ENCODER)

    def run(self, *, kill_after: float, die_at_flush: int = 0) -> float:
        """Import the next generation, kill the importer after so many seconds, verify; return how long it lived."""
        self._number += 1
        new = {track.id: track for track in generation(self._number, self._tracks)}
        held_ids = {track.id for track in self._held}
        removed = sorted(held_ids - new.keys())
        # Changed tracks keep their place, new ones follow.
        after = [new[track.id] for track in self._held if track.id in new]
        after += [track for track in new.values() if track.id not in held_ids]

        context = _context()
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(
            target=_import, args=(self._folder, list(new.values()), removed, die_at_flush, sender)
        )
        process.start()
        sender.close()
        _expect(receiver)
        began = time.perf_counter()
        finished = receiver.poll(kill_after) and not _is_closed(receiver)
        lived = time.perf_counter() - began
        process.kill()
        process.join()

        self.findings.trials += 1
        self.findings.interrupted += not finished
        try:
            state = verify(self._folder, [self._held, after])
        except (SegueError, ValueError) as error:
            self.findings.torn.append(f"import {self._number}: {error}")
            return lived
        self.findings.became_new += state
        self.findings.kept_old += 1 - state
        self._held = after if state else self._held
        return lived

    def finish(self) -> Findings:
        """Write once more, undisturbed, and count what is left of the killed writers."""
        update_catalog(self._folder, _renamed("last", self._tracks), encoder=ENCODER)
        self.findings.leftovers = len(list((self._folder / "versions").iterdir())) - 1
        return self.findings


def race_writers(
    folder: Path, *, races: int, tracks: int, hold: float, advance: Callable[[], None] = lambda: None
) -> Findings:
    """Start two writers at once, `races` times; each takes `hold` seconds longer than it needs."""
    context = _context()
    findings = Findings()
    update_catalog(folder, generation(0, tracks), encoder=ENCODER)
    for number in range(1, races + 1):
        rivals = [_renamed(f"{number}a", tracks), _renamed(f"{number}b", tracks)]
        barrier = context.Barrier(2)
        pipes, processes = [], []
        for rival in rivals:
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_race, args=(folder, rival, hold, barrier, sender))
            process.start()
            sender.close()
            pipes.append(receiver)
            processes.append(process)
        outcomes = [_expect(receiver) for receiver in pipes]
        for process in processes:
            process.join()
        findings.trials += 1
        waits = [outcome for outcome in outcomes if outcome is not None]
        findings.locked += len(waits)
        findings.locked_seconds += waits
        try:
            winner = verify(folder, rivals)
            if outcomes[winner] is not None:
                raise ValueError("the catalog holds what a writer that was turned away had to say")
        except (SegueError, ValueError) as error:
            findings.torn.append(f"race {number}: {error}")
            break
        advance()
    findings.leftovers = len(list((folder / "versions").iterdir())) - 1
    return findings


def _renamed(name: str, tracks: int) -> list[Track]:
    return [track.model_copy(update={"title": f"{track.title}, {name}"}) for track in generation(0, tracks)]


def _context() -> ForkServerContext:
    """Processes forked from a clean server that has the heavy modules loaded and has opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "segue.tools.search.lexical", __name__])
    return context


def _expect(receiver: Connection) -> float | None:
    """Return the next message of a process; raise TimeoutError where it hangs, EOFError where it died."""
    if not receiver.poll(_PATIENCE):
        raise TimeoutError(f"a writer said nothing for {_PATIENCE:.0f} s")
    message: float | None = receiver.recv()
    return message


def _is_closed(receiver: Connection) -> bool:
    """Whether the process at the other end died without a word."""
    try:
        receiver.recv()
    except EOFError:
        return True
    return False


def _import(folder: Path, tracks: list[Track], remove: list[str], die_at_flush: int, sender: Connection) -> None:
    if die_at_flush:
        countdown = iter(range(die_at_flush - 1, -1, -1))
        flush = os.fsync

        def fatal(handle: int) -> None:
            if not next(countdown):
                os.kill(os.getpid(), signal.SIGKILL)
            flush(handle)

        os.fsync = fatal  # type: ignore[assignment]
    sender.send(None)
    update_catalog(folder, tracks, remove, encoder=ENCODER)
    sender.send(None)


def _race(folder: Path, tracks: list[Track], hold: float, barrier: Barrier, sender: Connection) -> None:
    def slow() -> Iterator[Track]:
        time.sleep(hold)
        yield from tracks

    barrier.wait(_PATIENCE)
    began = time.perf_counter()
    try:
        update_catalog(folder, slow(), encoder=ENCODER)
    except CatalogLocked:
        sender.send(time.perf_counter() - began)
    else:
        sender.send(None)
