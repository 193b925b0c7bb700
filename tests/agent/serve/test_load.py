"""More than the server can do, callers that leave, and a stop in the middle of an answer."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from segue.agent.commands.serve import address, listen
from segue.agent.fake import FakeRecommender
from segue.agent.parts import WORKERS
from segue.agent.serve.events import beating
from segue.agent.serve.pace import Pace
from segue.agent.serve.problems import Problem
from segue.agent.serve.service import Service
from segue.generator.once import once
from segue.tools.catalog.catalog import Catalog

MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]


async def test_ten_times_too_many_turns_are_answered_or_refused_at_once(
    make_app: MakeApp, run: Run, catalog: Catalog
) -> None:
    slow = {"recommender": FakeRecommender(catalog, seconds=0.2)}
    with run(make_app(slow, turns=8, rate=100_000)) as url:
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:

            async def ask(number: int) -> tuple[int, float, str]:
                began = time.perf_counter()
                response = await client.post("/v1/turn", json={"message": "x", "user": f"u{number}"})
                return response.status_code, time.perf_counter() - began, response.headers.get("retry-after", "")

            answers = await asyncio.gather(*(ask(number) for number in range(80)))
            after = await client.post("/v1/turn", json={"message": "x", "user": "later"})
            figures = (await client.get("/metrics")).text
    refused = [(seconds, again) for status, seconds, again in answers if status == 503]
    answered = [seconds for status, seconds, _ in answers if status == 200]
    assert len(refused) + len(answered) == 80
    assert 8 <= len(answered) < 80
    assert {again for _, again in refused} == {"1"}
    assert sorted(seconds for seconds, _ in refused)[len(refused) // 2] < max(answered)
    assert after.status_code == 200
    assert f'route="/v1/turn",status="503"}} {len(refused)}.0' in figures


def test_who_would_wait_too_long_is_told_to_come_again_and_idle_time_does_not_count() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    for _ in range(40):
        pace.begin()
        now += 2
        pace.answered()
        now += 1_000
    assert pace.seconds == pytest.approx(2, abs=0.01)
    service = Service(lambda: pytest.fail("nothing is loaded here"), turns=64, wait=4)
    service._pace = pace
    for service.turns in range(WORKERS + 2):
        service.check_room()
    service.turns += 1
    with pytest.raises(Problem) as refused:
        service.check_room()
    assert refused.value.status == 503
    assert refused.value.headers["Retry-After"] == "3"


async def test_turns_that_wait_for_a_generator_do_not_wait_for_each_other() -> None:
    both = threading.Barrier(2, timeout=10)

    class Asked:
        @once
        def distribution(self) -> int:
            return both.wait()

    first, second = Asked(), Asked()
    got = await asyncio.gather(*(asyncio.to_thread(getattr, each, "distribution") for each in (first, second)))
    assert sorted(got) == [0, 1]
    assert [first.distribution, second.distribution] == got, "made once"


def test_who_leaves_before_the_answer_makes_room_and_nothing_is_half_said(
    make_app: MakeApp, run: Run, catalog: Catalog
) -> None:
    slow = {"recommender": FakeRecommender(catalog, seconds=1.0)}
    with run(make_app(slow)) as url:
        asked = {"message": "first", "user": "ana", "stream": True}
        with httpx.stream("POST", f"{url}/v1/turn", json=asked) as response:
            next(response.iter_lines())
        deadline = time.monotonic() + 20
        while "segue_turns_in_flight 0.0" not in httpx.get(f"{url}/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        answer = httpx.post(f"{url}/v1/turn", json={"message": "second", "user": "ana"}, timeout=30).json()
    assert answer["number"] == 1, "what nobody waited for is not part of the conversation"


@pytest.mark.parametrize("stream", [True, False])
def test_a_server_that_is_told_to_stop_finishes_its_answers(make_app: MakeApp, catalog: Catalog, stream: bool) -> None:
    app = make_app({"recommender": FakeRecommender(catalog, seconds=1.0)})
    with listen("127.0.0.1", 0) as listening:
        url = address(listening)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=20))
        running = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        running.start()
        while httpx.get(f"{url}/readyz").status_code != 200:
            time.sleep(0.02)
        answers: list[httpx.Response] = []

        def ask() -> None:
            asked = {"message": "x", "user": "ana", "stream": stream}
            answers.append(httpx.post(f"{url}/v1/turn", json=asked, timeout=30))

        asking = threading.Thread(target=ask)
        asking.start()
        while app.state.service.turns == 0:
            time.sleep(0.01)
        server.should_exit = True
        asking.join(30)
        running.join(30)
    assert not running.is_alive()
    assert answers[0].status_code == 200
    assert "Song number" in answers[0].text


async def test_a_silent_stream_gives_signs_of_life_and_is_closed_with_its_reader() -> None:
    closed = asyncio.Event()

    async def slow() -> Any:
        try:
            yield 1
            await asyncio.sleep(0.1)
            yield 2
            await asyncio.sleep(60)
        finally:
            closed.set()

    seen: list[int | None] = []
    reading = beating(slow(), every=0.02)
    async for item in reading:
        seen.append(item)
        if item == 2:
            break
    await reading.aclose()
    assert (seen[0], seen[-1]) == (1, 2)
    assert seen.count(None) >= 2
    assert closed.is_set()
