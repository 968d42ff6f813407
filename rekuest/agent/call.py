"""One call on an agent, from `Assign` to its terminal event."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from rekuest.actors.actor import Actor
from rekuest.actors.boundary import describe_exception
from rekuest.actors.outcome import Outcome, Raised, Returned, Stopped
from rekuest.actors.running import CurrentAssignation, LogReport, Report, Running
from rekuest.agent.sender import Sender
from rekuest.api import wire
from rekuest.clock import Clock

__all__ = ["Call"]

logger = logging.getLogger(__name__)

WINDOW = 256  # values of one generator that may wait for their acknowledgement; then it is held back
BURST = 32  # values after which a generator that never waits lets the others of the loop run


class Call:
    """Runs one (assignation, attempt) and reports what becomes of it."""

    def __init__(self, assign: wire.Assign, actor: Actor, sender: Sender, clock: Clock) -> None:
        self.assignation = assign.assignation
        self.provision = assign.provision
        self._args = assign.args
        self._actor = actor
        self._sender = sender
        self._is_forced = False  # somebody interrupted it: whatever comes of it is dropped
        self._acknowledged = 0  # `seq` of the newest event that the server has stored
        self._room = asyncio.Event()  # set when an acknowledgement has come
        current = CurrentAssignation(
            id=assign.assignation,
            caller=assign.caller,
            reservation=assign.reservation,
            parent=assign.parent,
            timeout=assign.timeout,
            attempt=assign.attempt,
        )
        self._running = Running(current, clock=clock, on_report=self._report)

    def stop(self, *, by_force: bool = False) -> None:
        """Ask the code to stop.

        Args:
            by_force: Report that it was interrupted when it has ended, however it ends.
        """
        self._is_forced = self._is_forced or by_force
        self._running.stop()

    def acknowledge(self, seq: int) -> None:
        """Note that the server has stored everything up to an event; a held generator goes on."""
        self._acknowledged = max(self._acknowledged, seq)
        self._room.set()

    async def run(self, is_closing: Callable[[], bool]) -> None:
        """Run the call and report its end.  Never raises but when the agent itself ends.

        Args:
            is_closing: Whether the agent ends: then nothing is reported, since the server decides
                what becomes of the calls of an agent that has left.
        """
        try:
            outcome = await self._actor.run(self._running, self._args, self._emit)
        except asyncio.CancelledError as exc:
            if is_closing():
                raise
            outcome = Raised(describe_exception(exc))  # the function has cancelled its own task
        self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        if self._is_forced:
            self._sender.interrupted(self.assignation)
            return
        match outcome:
            case Returned(returns):
                self._sender.done(self.assignation, returns)
            case Raised(error):
                logger.info("call %s failed with %s", self.assignation, error.type)
                self._sender.failed(self.assignation, error)
            case Stopped():
                self._sender.cancelled(self.assignation)

    async def _emit(self, returns: dict[str, Any]) -> None:
        seq = self._sender.give(self.assignation, returns)
        await self._sender.drain()
        while seq - self._acknowledged >= WINDOW:
            self._room.clear()
            await self._room.wait()
        if seq % BURST == 0:
            await asyncio.sleep(0)

    def _report(self, report: Report) -> None:
        if isinstance(report, LogReport):
            self._sender.log(self.assignation, report)
        else:
            self._sender.progress(self.assignation, report)
