"""Trials of a running server: more turns than it can do, and a generator that fails in every way.

The server is the real one in a process of its own, asked over real sockets. A turn counts as good where it comes as
asked: with status 200, within `DEADLINE` seconds, with nothing degraded. Knows HTTP and clocks; prints nothing.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from segue.generator.errors import SegueError

DEADLINE: Final = 10.0
"""Seconds within which a turn must be answered: what the budgets of its parts (`Budgets`) add up to."""
_PATIENCE: Final = 60.0
"""Seconds after which a turn without any answer is lost."""
_LOADING: Final = 300.0
REFUSED: Final = (429, 503)


class ServerFailed(SegueError):
    """Raised where the server that is measured does not start or dies."""


@dataclass(frozen=True)
class Outcome:
    """What became of one turn."""

    status: int
    """0 where the connection failed or nothing came."""
    seconds: float
    thread: str
    degraded: bool = False
    id: str = ""
    tracks: int = 0

    @property
    def good(self) -> bool:
        """Whether it was answered as asked: the messages of the trials all ask for tracks."""
        return self.status == 200 and self.tracks > 0 and not self.degraded and self.seconds <= DEADLINE


@dataclass
class Load:
    """What became of many turns, and in which time."""

    seconds: float
    """Until the last was answered."""
    outcomes: list[Outcome] = field(default_factory=list)
    arrivals: float | None = None
    """Seconds in which they came, where they did not wait for each other."""
    processor: float = float("nan")
    """Seconds of processor time that the server took, where the system tells."""

    @property
    def offered(self) -> float:
        """Turns that came a second."""
        return len(self.outcomes) / (self.arrivals or self.seconds)

    @property
    def goodput(self) -> float:
        """Good turns a second."""
        return sum(each.good for each in self.outcomes) / self.seconds

    @property
    def good_per_processor_second(self) -> float:
        """Good turns for each second of the server's processor time, which a busy machine stretches less."""
        return sum(each.good for each in self.outcomes) / self.processor

    def where(self, *statuses: int) -> list[Outcome]:
        """Return the outcomes with one of these statuses."""
        return [each for each in self.outcomes if each.status in statuses]

    @property
    def neither(self) -> list[Outcome]:
        """Return the turns that were neither answered nor refused."""
        return [each for each in self.outcomes if each.status != 200 and each.status not in REFUSED]


class Server:
    """A running server at `url`, in the process `pid`."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self._pid = pid
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._asked = 0

    def processor(self) -> float:
        """Return the seconds of processor time that it has taken; not a number where the system does not tell."""
        try:
            fields = Path(f"/proc/{self._pid}/stat").read_text("ascii").rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def say(self, message: str) -> Outcome:
        """Send a message as a listener of its own, in a thread of its own."""
        self._asked += 1
        name = f"bench-{self._asked}"
        said = {"message": message, "user": name, "thread": name, "id": name}
        began = time.perf_counter()
        try:
            async with asyncio.timeout(_PATIENCE):
                status, body = await self.request("POST", "/v1/turn", said)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return Outcome(0, time.perf_counter() - began, name)
        seconds = time.perf_counter() - began
        if status != 200:
            return Outcome(status, seconds, name)
        return Outcome(status, seconds, name, bool(body["degraded"]), str(body["id"]), len(body["tracks"]))

    async def turns(self, thread: str) -> list[str]:
        """Return the ids of the turns that a thread holds."""
        status, body = await self.request("GET", f"/v1/threads/{thread}/turns?user={thread}")
        if status != 200:
            raise ServerFailed(f"a thread's turns came with {status}")
        return [str(turn["id"]) for turn in body["turns"]]

    async def request(self, method: str, path: str, sent: object = None) -> tuple[int, Any]:
        """Return status and JSON; a connection for each, and nothing between: the asking must cost little."""
        data = b"" if sent is None else json.dumps(sent).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(head.encode() + data)
            answered, _, body = (await reader.read()).partition(b"\r\n\r\n")
            return int(answered.split(b" ", 2)[1]) if answered else 0, json.loads(body)
        finally:
            writer.close()


@contextmanager
def serving(arguments: Sequence[str], scratch: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    """Run `segue serve` on a free port with further arguments and settings; yield it once it is ready."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_GENERATOR")}
    command = [sys.executable, "-m", "segue", "serve", "--port", "0", "--data", str(scratch / "data"), *arguments]
    log = scratch / "server.log"
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, env={**environment, **settings})
    try:
        server = Server(_ready(process, log), process.pid)
        yield server
        if process.poll() is not None:
            raise ServerFailed(f"the server ended with {process.returncode}")
    finally:
        process.terminate()
        process.wait(60)


def _ready(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return the address of a server that has loaded its agent."""
    end = time.monotonic() + _LOADING
    while time.monotonic() < end:
        if process.poll() is not None:
            raise ServerFailed(f"the server ended with {process.returncode}: {log.read_text('utf-8')[-400:]}")
        told = [line for line in log.read_text("utf-8").splitlines() if line.startswith("Segue serves")]
        if told:
            url = told[0].split()[-1]
            try:
                if httpx.get(f"{url}/readyz", trust_env=False).status_code == httpx.codes.OK:
                    return url
            except httpx.TransportError:
                pass  # it does not listen yet
        time.sleep(0.2)
    raise ServerFailed(f"the server was not ready within {_LOADING:g} seconds")


async def in_turn(server: Server, messages: Sequence[str], at_once: int, seconds: float) -> Load:
    """Keep `at_once` listeners asking, each again as soon as it has its answer."""
    load = Load(seconds)
    began, worked = time.perf_counter(), server.processor()

    async def listener(number: int) -> None:
        while time.perf_counter() - began < seconds:
            load.outcomes.append(await server.say(messages[(number + len(load.outcomes)) % len(messages)]))

    await asyncio.gather(*(listener(number) for number in range(at_once)))
    load.seconds, load.processor = time.perf_counter() - began, server.processor() - worked
    return load


async def arriving(server: Server, messages: Sequence[str], rate: float, seconds: float) -> Load:
    """Let `rate` listeners a second come, whatever becomes of those before them.

    The time is counted until the last of them is answered, for the server works until then.
    """
    began, worked = time.perf_counter(), server.processor()
    tasks: list[asyncio.Task[Outcome]] = []
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(server.say(messages[number % len(messages)])))
    arrivals = time.perf_counter() - began
    outcomes = await asyncio.gather(*tasks)
    return Load(time.perf_counter() - began, list(outcomes), arrivals, server.processor() - worked)


async def contradicted(server: Server, outcomes: Sequence[Outcome]) -> int:
    """Return how many threads hold another conversation than their listener saw: an answer lost, or one unheard."""
    wrong = 0
    for each in outcomes:
        wrong += await server.turns(each.thread) != ([each.id] if each.status == 200 else [])
    return wrong


@dataclass(frozen=True)
class Failure:
    """What became of turns while a generator failed, and how long it took until one was as before."""

    turns: int
    unanswered: int
    without_tracks: int
    late: int
    unflagged: int
    slowest: float
    recovery: float

    def metrics(self) -> dict[str, float]:
        """Return the figures by name."""
        return {
            "turns": self.turns, "unanswered": self.unanswered, "without tracks": self.without_tracks,
            "late": self.late, "not flagged": self.unflagged, "slowest s": self.slowest, "recovery s": self.recovery,
        }  # fmt: skip


async def while_failing(
    server: Server,
    messages: Sequence[str],
    seconds: float,
    fail: Callable[[], Awaitable[None]],
    heal: Callable[[], Awaitable[None]],
) -> Failure:
    """Let two listeners talk while a generator fails, heal it, and wait for an answer that it had a part in.

    Raises ServerFailed where the generator had no part in an answer before it failed.
    """
    before = await server.say(messages[0])
    if not before.good:
        raise ServerFailed("the generator is not well before it is made to fail")
    await fail()
    outcomes = (await in_turn(server, messages, 2, seconds)).outcomes
    await heal()
    began = time.perf_counter()
    while not (again := await server.say(messages[0])).good and time.perf_counter() - began < _PATIENCE:
        outcomes.append(again)
        await asyncio.sleep(0.2)
    answered = [each for each in outcomes if each.status == 200]
    return Failure(
        turns=len(outcomes),
        unanswered=len(outcomes) - len(answered),
        without_tracks=sum(not each.tracks for each in answered),
        late=sum(each.seconds > DEADLINE for each in outcomes),
        unflagged=sum(not each.degraded for each in answered),
        slowest=max(each.seconds for each in outcomes),
        recovery=time.perf_counter() - began,
    )
