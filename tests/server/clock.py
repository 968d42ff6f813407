"""A clock that tests advance."""

from __future__ import annotations

import asyncio
import heapq


class ManualClock:
    """Stands still until it is told to go on; then everybody whose time has come wakes up."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._start = now
        self._passed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> float:
        """Return POSIX seconds."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._passed

    async def sleep_until(self, deadline: float) -> None:
        """Return when somebody has advanced the clock to `deadline`."""
        if deadline <= self._passed:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (deadline, self._count, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking sleepers in their order."""
        end = self._passed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            deadline, _, future = heapq.heappop(self._sleepers)
            self._passed = max(self._passed, deadline)
            if not future.done():
                future.set_result(None)
            for _ in range(5):  # let the woken task run to its next await
                await asyncio.sleep(0)
        self._passed = end
