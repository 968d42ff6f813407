"""The one source of time.  Server, agent and client are given a `Clock`; nothing else reads time or sleeps."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Tells time and waits for it."""

    def now(self) -> float:
        """Return POSIX seconds (UTC), for instants that are stored or shown."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back, for deadlines and intervals."""

    async def sleep_until(self, deadline: float) -> None:
        """Return when `monotonic()` has reached `deadline`; at once if it has already."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> float:
        """Return POSIX seconds (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep_until(self, deadline: float) -> None:
        """Return when `monotonic()` has reached `deadline`."""
        await asyncio.sleep(max(0.0, deadline - time.monotonic()))
