"""Whoever waits for a generator is answered, told or turned away in time."""

import asyncio
import threading

import pytest

from segue.generator.deadline import Deadline
from segue.generator.errors import GenerationTimeout
from segue.generator.worker import Worker


class Job:
    """Runs until it is let go or told to stop."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.release = threading.Event()
        self.ended_early = threading.Event()

    def __call__(self, deadline: Deadline) -> str:
        self.began.set()
        try:
            while not self.release.wait(0.01):
                deadline.check()
        except GenerationTimeout:
            self.ended_early.set()
            raise
        return "done"


async def test_a_deadline_counts_while_others_are_served() -> None:
    worker, job = Worker("test"), Job()
    first = asyncio.create_task(worker.run(job, Deadline(None)))
    await asyncio.to_thread(job.began.wait)
    with pytest.raises(GenerationTimeout):
        await worker.run(lambda _: "late", Deadline(0.05))
    job.release.set()
    assert await first == "done"
    await worker.aclose()


async def test_a_cancelled_caller_frees_the_thread() -> None:
    worker, job = Worker("test"), Job()
    task = asyncio.create_task(worker.run(job, Deadline(None)))
    await asyncio.to_thread(job.began.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await worker.run(lambda _: "next", Deadline(None)) == "next"
    assert job.ended_early.is_set()
    await worker.aclose()


async def test_closing_lets_the_running_call_end_and_turns_the_waiting_ones_away() -> None:
    worker, job = Worker("test"), Job()
    running = asyncio.create_task(worker.run(job, Deadline(None)))
    waiting = asyncio.create_task(worker.run(lambda _: "never", Deadline(None)))
    await asyncio.to_thread(job.began.wait)
    closing = asyncio.create_task(worker.aclose())
    await asyncio.sleep(0)
    job.release.set()
    await closing
    assert await running == "done"
    with pytest.raises(RuntimeError, match="closed"):
        await waiting
    with pytest.raises(RuntimeError, match="closed"):
        await worker.run(lambda _: "never", Deadline(None))
