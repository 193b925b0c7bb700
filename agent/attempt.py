"""Work under a time budget: what fails or runs late costs the listener a sentence, never the answer, and says so.

Knows budgets and receipts; what is attempted, and what stands in for it, is the caller's.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from segue.agent.turn import Receipt
from segue.generator.errors import SegueError

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Budgets(BaseModel):
    """Seconds that each part of a turn may take before the turn goes on without it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hear: float = Field(2.0, gt=0)
    report: float = Field(4.0, gt=0)
    """For a chat model's report of a message, on top of hearing."""
    weigh: float = Field(1.0, gt=0)
    recommend: float = Field(5.0, gt=0)
    look_up: float = Field(1.0, gt=0)
    remember: float = Field(1.0, gt=0)
    phrase: float = Field(10.0, gt=0)
    """For a chat model's words."""


async def attempt(
    what: str, seconds: float, work: Awaitable[T], otherwise: T, instead: str | Callable[[], str]
) -> tuple[T, list[Receipt]]:
    """Return what `work` gives and no receipt, or `otherwise` and the receipt that says why.

    Args:
        what: what is attempted, as the subject of a sentence ("The search").
        seconds: the time budget.
        work: what gives the result.
        otherwise: the result where it fails or runs late.
        instead: what is done in that case, as a clause ("all modalities count alike"), or what gives it then.
    """
    try:
        # Not asyncio.wait_for, which up to Python 3.11 loses a cancellation that comes at the moment when work is done.
        async with asyncio.timeout(seconds):
            return await work, []
    except TimeoutError:
        _log.warning("%s took longer than %s s", what, seconds)
        why = f"took longer than {seconds:g} s"
    except SegueError as error:
        _log.warning("%s failed: %s", what, error)
        why = f"failed ({error})"
    except Exception as error:  # noqa: BLE001 - a defect in one tool must not cost the answer; it is logged and told
        _log.exception("%s failed", what)
        why = f"failed ({type(error).__name__})"
    clause = instead if isinstance(instead, str) else instead()
    return otherwise, [Receipt(kind="degraded", text=f"{what} {why}: {clause}.")]
