"""Waiting with a bound, by the given clock: for a peer's confirmation, for a clean end."""

from __future__ import annotations

import asyncio
from typing import Any

from rekuest.clock import Clock

__all__ = ["wait_bounded"]


async def wait_bounded(awaited: asyncio.Future[Any], seconds: float, clock: Clock) -> bool:
    """Wait until a future or task is done, or the time is over; neither cancels nor reads it.

    Args:
        awaited: What to wait for.
        seconds: How long at most.
        clock: By which the time is measured.

    Returns:
        Whether it is done.
    """
    alarm = asyncio.ensure_future(clock.sleep_until(clock.monotonic() + seconds))
    try:
        await asyncio.wait((awaited, alarm), return_when=asyncio.FIRST_COMPLETED)
    finally:
        alarm.cancel()
    return awaited.done()
