"""Reminds of times that come, in their order, with one task."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable
from typing import Any

from rekuest.clock import Clock

logger = logging.getLogger(__name__)

FORGOTTEN = 1_000  # times of things that are over which may lie about before they are swept out


class Deadlines:
    """A heap of (monotonic time, id).  What is no longer due when its time comes is ignored by `due`."""

    def __init__(
        self, clock: Clock, due: Callable[[str, float], None], is_wanted: Callable[[str], bool]
    ) -> None:
        self._clock = clock
        self._due = due  # called with the id and the monotonic time
        self._is_wanted = is_wanted  # whether an id need still be reminded of
        self._heap: list[tuple[float, str]] = []
        self._swept_at = FORGOTTEN  # at this length the heap is rid of what is over
        self._sooner = asyncio.Event()  # a time was added before all others

    def __len__(self) -> int:
        """How many times are remembered."""
        return len(self._heap)

    def add(self, moment: float, id: str) -> None:
        """Remind of `id` at `moment`."""
        if len(self._heap) >= self._swept_at:
            self._sweep()
        heapq.heappush(self._heap, (moment, id))
        if self._heap[0][0] == moment:
            self._sooner.set()

    async def run(self) -> None:
        """Remind for ever."""
        while True:
            now = self._clock.monotonic()
            while self._heap and self._heap[0][0] <= now:
                _, id = heapq.heappop(self._heap)
                try:
                    self._due(id, now)
                except Exception:  # noqa: BLE001  # one defect must not end all deadlines
                    logger.exception("a deadline could not be kept")
            self._sooner.clear()
            await self._wait()

    def _sweep(self) -> None:
        """Most calls end long before their time; theirs must not pile up."""
        self._heap = [entry for entry in self._heap if self._is_wanted(entry[1])]
        heapq.heapify(self._heap)
        self._swept_at = 2 * len(self._heap) + FORGOTTEN

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
