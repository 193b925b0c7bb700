"""Attempts: what a budget does to work that is quick, late, broken or not waited for any more."""

import asyncio

import pytest

from segue.agent.attempt import attempt


async def test_a_cancellation_at_the_moment_of_success_is_not_lost() -> None:
    work: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    turn = asyncio.create_task(attempt("The search", 5, work, 0, "nothing was found"))
    await asyncio.sleep(0)
    work.set_result(1)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn


async def test_late_work_is_told_and_replaced() -> None:
    found, receipts = await attempt("The search", 0.01, asyncio.sleep(5, 1), 0, "nothing was found")
    assert found == 0
    assert [receipt.text for receipt in receipts] == ["The search took longer than 0.01 s: nothing was found."]
