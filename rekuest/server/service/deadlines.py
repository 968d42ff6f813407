"""Reminds of times that come, in their order, with one task."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import Any

from rekuest.clock import Clock


class Deadlines:
    """A heap of (monotonic time, id).  What is no longer due when its time comes is ignored by `due`."""

    def __init__(self, clock: Clock, due: Callable[[str, float], None]) -> None:
        self._clock = clock
        self._due = due  # called with the id and the monotonic time
        self._heap: list[tuple[float, str]] = []
        self._sooner = asyncio.Event()  # a time was added before all others

    def add(self, moment: float, id: str) -> None:
        """Remind of `id` at `moment`."""
        heapq.heappush(self._heap, (moment, id))
        if self._heap[0][0] == moment:
            self._sooner.set()

    async def run(self) -> None:
        """Remind for ever."""
        while True:
            now = self._clock.monotonic()
            while self._heap and self._heap[0][0] <= now:
                _, id = heapq.heappop(self._heap)
                self._due(id, now)
            self._sooner.clear()
            await self._wait()

    async def _wait(self) -> None:
        """Return at the first time, or when a sooner one is added."""
        pending: list[asyncio.Task[Any]] = [asyncio.create_task(self._sooner.wait())]
        if self._heap:
            pending.append(asyncio.create_task(self._clock_reaches(self._heap[0][0])))
        try:
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _clock_reaches(self, moment: float) -> None:
        await self._clock.sleep_until(moment)
