"""One call on an agent, from `Assign` to its terminal event."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from rekuest.actors.actor import Actor
from rekuest.actors.boundary import describe_exception
from rekuest.actors.outcome import Outcome, Raised, Returned, Stopped
from rekuest.actors.running import CurrentAssignation, Report, Running
from rekuest.agent.sender import Sender
from rekuest.api import wire
from rekuest.clock import Clock
from rekuest.protocol.attempt import StoredEvent

__all__ = ["Call"]

logger = logging.getLogger(__name__)

WINDOW = 256  # values of one generator that may wait to be stored; then it is held back
BURST = 32  # values after which a generator that never waits lets the rest of the loop run


class Call:
    """Runs one (assignation, attempt) and reports what becomes of it."""

    def __init__(self, assign: wire.Assign, actor: Actor, sender: Sender, clock: Clock) -> None:
        self.key = (assign.assignation, assign.attempt)
        self._args = assign.args
        self._actor = actor
        self._sender = sender
        self._is_forced = False  # somebody interrupted it: whatever comes of it is dropped
        self._given = 0  # values so far
        self._room = asyncio.Event()  # set when the server has stored something
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

    def acknowledge(self) -> None:
        """Note that the server has stored something; a generator that is held back goes on."""
        self._room.set()

    async def run(self, is_closing: Callable[[], bool]) -> None:
        """Run the call and report its end.

        Args:
            is_closing: Whether the agent ends: then nothing is reported, since the server decides
                what becomes of the calls of an agent that has left.

        Raises:
            asyncio.CancelledError: The agent ends.
        """
        try:
            outcome = await self._actor.run(self._running, self._args, self._emit)
        except asyncio.CancelledError as exc:
            if is_closing():
                raise
            outcome = Raised(describe_exception(exc))  # the function has cancelled its own task
        self._sender.event(self._terminal(outcome))

    def _terminal(self, outcome: Outcome) -> StoredEvent | None:
        session = self._sender.session
        if self._is_forced:
            return session.interrupted(*self.key)
        match outcome:
            case Returned(returns):
                return session.done(*self.key, returns)
            case Raised(error):
                logger.info("call %s failed with %s", self.key[0], error.type)
                return session.failed(*self.key, error)
            case Stopped():
                return session.cancelled(*self.key)

    async def _emit(self, returns: dict[str, Any]) -> None:
        await self._sender.give(*self.key, returns)
        while self._sender.session.backlog(*self.key) >= WINDOW:
            self._room.clear()
            await self._room.wait()
        self._given += 1
        if self._given % BURST == 0:
            await asyncio.sleep(0)

    def _report(self, report: Report) -> None:
        self._sender.report(*self.key, report)
