"""SIGINT and SIGTERM end a running agent in good order."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Stop", "on_stop_signals"]

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """A request to stop, made in any thread or in a signal handler and waited for on one loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._is_requested = False
        self._loop: asyncio.AbstractEventLoop | None = None  # where somebody waits

    def request(self) -> None:
        """Ask for the stop.  May be repeated."""
        self._is_requested = True  # first this, then the look at the loop; `wait` does the reverse
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> None:
        """Return when the stop is asked for; at once if it already is."""
        self._loop = asyncio.get_running_loop()
        if not self._is_requested:
            await self._event.wait()


@contextmanager
def on_stop_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Call a function at the first SIGINT or SIGTERM; a second one does what it did before.

    Outside of the main thread signals cannot be handled: then this does nothing.

    Args:
        stop: Called in the main thread, between two of its instructions.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous: dict[signal.Signals, Any] = {}

    def restore() -> None:
        for number, handler in previous.items():
            # None: it was not set from Python, so it cannot be set back from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def handle(_number: int, _frame: object) -> None:
        restore()
        stop()

    for number in STOP_SIGNALS:
        previous[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        restore()
