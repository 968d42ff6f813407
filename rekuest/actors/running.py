"""What a function can ask and say while it runs: which call this is, log, progress, cancellation.

The context variable is set by the actor; threads that it starts see it as well.  Functions here work
on the event loop and in threads.  Log lines and progress are lossy by contract (PROTOCOL 4.6).
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rekuest.actors.text import fit_text
from rekuest.api import enums, wire
from rekuest.clock import Clock
from rekuest.errors import UsageError

__all__ = [
    "CurrentAssignation",
    "LogReport",
    "ProgressReport",
    "Report",
    "Running",
    "check_cancelled",
    "current_assignation",
    "log",
    "progress",
    "running",
]

MAX_WAITING = 1_000  # lines of one call that wait for the loop; older ones are dropped and counted


@dataclass(frozen=True, slots=True)
class CurrentAssignation:
    """The call that the running function works on."""

    id: str
    caller: wire.Principal  # on whose behalf it runs
    reservation: str | None  # the contract it came through
    parent: str | None  # the call that made this one; None: a person or program outside
    timeout: float | None  # seconds it had left when it arrived here; None: no deadline
    attempt: int  # number of the try, from 1


@dataclass(frozen=True, slots=True)
class LogReport:
    """A line that a function logged."""

    level: enums.LogLevel
    message: str
    at: datetime
    dropped: int  # lines that were dropped just before this one


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """How far a function has come."""

    done: float
    total: float | None
    message: str | None


Report = LogReport | ProgressReport


class Running:
    """One call under way: what it reports, and whether it was asked to stop.

    Made on the loop, for one run.  `report` may be called from any thread, the rest on the loop.
    """

    def __init__(
        self,
        assignation: CurrentAssignation,
        *,
        clock: Clock,
        on_report: Callable[[Report], None],
    ) -> None:
        self.assignation = assignation
        self.clock = clock
        self.is_stopping = False  # somebody asked it to stop: cancel or interrupt
        self.is_ended = False  # its outcome is known; reports that come later are dropped
        self.on_stop: Callable[[], Any] | None = (
            None  # set by the actor while there is code to stop
        )
        self._on_report = on_report  # called on the loop
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._waiting: deque[Report] = deque()  # from threads; guarded by _lock
        self._dropped = 0  # lines, since the last one that was kept; guarded by _lock

    def stop(self) -> None:
        """Ask the code to stop.  May be repeated; after the end it changes nothing."""
        self.is_stopping = True
        if self.on_stop is not None and not self.is_ended:
            self.on_stop()

    def report(self, report: Report) -> None:
        """Pass a report on, in order with the values that the function gives."""
        if self.is_ended:
            return
        if threading.get_ident() == self._thread:
            self._on_report(report)
            return
        with self._lock:
            is_first = not self._waiting
            if len(self._waiting) >= MAX_WAITING:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(report)
        if is_first:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
            dropped, self._dropped = self._dropped, 0
        for report in waiting:
            if self.is_ended:
                return
            if dropped and isinstance(report, LogReport):
                report = LogReport(report.level, report.message, report.at, dropped)
                dropped = 0
            self._on_report(report)


_running: ContextVar[Running] = ContextVar("rekuest_running")


def running(what: str) -> Running:
    """Return the running call.

    Args:
        what: Who asks, for the error.

    Raises:
        UsageError: No assignation runs in this context.
    """
    try:
        return _running.get()
    except LookupError:
        raise UsageError(
            f"{what}() works only inside a function that was called through rekuest; "
            "this code runs outside of any assignation"
        ) from None


def enter(call: Running) -> None:
    """Make a call the running one, in this context and those copied from it."""
    _running.set(call)


def current_assignation() -> CurrentAssignation:
    """Return the call that this code works on.

    Raises:
        UsageError: This code runs outside of any assignation.
    """
    return running("current_assignation").assignation


def log(message: str, level: str | int = "INFO") -> None:
    """Send a line to whoever called.  Lossy under pressure: old lines are dropped and counted.

    Args:
        message: Shortened to 10,000 characters.
        level: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`, or a number as in `logging`.

    Raises:
        UsageError: There is no such level, or this code runs outside of any assignation.
    """
    call = running("log")
    at = datetime.fromtimestamp(call.clock.now(), UTC)
    call.report(LogReport(_level(level), fit_text(str(message)), at, 0))


def progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Say how far this call has come.  Lossy: only the newest counts.

    Args:
        done: What is done, in the unit of `total`; between 0 and 1 without one.
        total: How much there is to do; `None` is 1.
        message: What is being done.

    Raises:
        UsageError: A number is not finite, or this code runs outside of any assignation.
    """
    call = running("progress")
    amounts = [float(amount) for amount in (done, total) if amount is not None]
    if not all(map(math.isfinite, amounts)):
        raise UsageError(f"progress() takes finite numbers, got done={done!r}, total={total!r}")
    text = None if message is None else fit_text(str(message))
    call.report(ProgressReport(amounts[0], amounts[1] if total is not None else None, text))


def check_cancelled() -> None:
    """Return, unless this call was asked to stop: then end the function here.

    For code in threads, which cannot be stopped from outside; call it wherever stopping is safe.

    Raises:
        asyncio.CancelledError: The call was cancelled.  Let it pass, as after an `await`.
        UsageError: This code runs outside of any assignation.
    """
    if running("check_cancelled").is_stopping:
        raise asyncio.CancelledError("the call was cancelled")


def _level(level: str | int) -> enums.LogLevel:
    name = logging.getLevelName(level) if isinstance(level, int) else level.upper()
    known = [str(known.value) for known in enums.LogLevel]
    if name not in known:
        raise UsageError(f"there is no log level {level!r}; use one of {', '.join(known)}")
    return enums.LogLevel(name)
