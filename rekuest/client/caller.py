"""Calls through a connection: made, followed to their end, cancelled.  Source: schema/PROTOCOL.md, 5, 7.4.

The rules are in `rekuest.protocol.caller`; this module hands its updates to those who wait.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable
from contextvars import ContextVar
from typing import Any, Final

import anyio

from rekuest.api import wire
from rekuest.client.connection import Connection
from rekuest.client.holding import HELD, Holding
from rekuest.client.ongoing import Ongoing, Watch
from rekuest.client.outcome import refused_error, rejected_error
from rekuest.client.waiting import wait_bounded
from rekuest.clock import Clock
from rekuest.errors import ExpiredError, LocalProtocolError, RekuestError
from rekuest.protocol.caller import (
    Accepted,
    CallerSession,
    Happened,
    Refused,
    Rejected,
    ReservationChanged,
    Send,
)

__all__ = ["CANCEL_PATIENCE", "Caller", "current_parent"]

logger = logging.getLogger(__name__)

# How long a cancelled `aassign` waits until the remote code has ended.
CANCEL_PATIENCE = 5.0
# So many values of a stream may wait for their consumer; then the server keeps the others.
MAX_WAITING_VALUES = 1024

# Id of the call that the running code works on; its calls are children of it.  Set by the agent.
current_parent: ContextVar[str | None] = ContextVar("rekuest_parent", default=None)


class Caller:
    """The calls and reservations of one client.  Use it on one event loop only."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._session = CallerSession()
        self._ongoing: dict[str, Ongoing] = {}  # by reference
        self._holdings: dict[str, Holding] = {}  # by reference
        self._watcher: asyncio.Task[None] | None = None  # of deadlines, while no socket is open
        connection.subscribe(self._receive, *_MESSAGES)
        connection.on_opened(self._session.opened)
        connection.on_lost(lambda error: self._watch_deadlines())
        connection.on_ended(self._fail_all)

    async def arun(
        self, call: wire.Call, *, node: str, watch: Watch | None = None
    ) -> dict[str, Any] | None:
        """Make a call and wait for its result.

        Cancelling it cancels the call, and waits up to `CANCEL_PATIENCE` until its code has ended.

        Args:
            call: Its reference names it; the same one again follows the same call.
            node: The node's name, for errors.
            watch: Who is told of progress and log lines.

        Returns:
            {port key: wire value}; `None` for a generator.

        Raises:
            RejectedError: The server did not take the call.
            AssignationError: It ended without a result; see `rekuest.client.outcome`.
            TransportError: There is no server, or none any more.
            LocalProtocolError: The arguments are over the limits, or the reference is in use here.
        """
        ongoing = await self._begin(call, Ongoing(node, call.reference, watch))
        try:
            return await self._await(ongoing)
        except asyncio.CancelledError:
            await self._cancel_and_wait(ongoing)
            raise
        finally:
            del self._ongoing[call.reference]

    async def astream(
        self, call: wire.Call, *, node: str, watch: Watch | None = None
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Make a call of a generator and yield its values; closing the iterator cancels the call.

        Args:
            call: As for `arun`.
            node: The node's name, for errors.
            watch: Who is told of progress and log lines.

        Yields:
            {port key: wire value}.

        Raises:
            RekuestError: As `arun`.
        """
        ongoing = await self._begin(call, Ongoing(node, call.reference, watch, is_stream=True))
        assert ongoing.values is not None  # it is a stream
        try:
            while True:
                await ongoing.arrival()
                while ongoing.values:
                    yield ongoing.values.popleft()
                if ongoing.ended.done():
                    ongoing.ended.result()
                    return
                self._reattach(ongoing)
        except asyncio.CancelledError:
            await self._cancel_and_wait(ongoing)
            raise
        finally:
            self._cancel(ongoing)
            del self._ongoing[call.reference]

    async def areserve(self, node: str, name: str, *, wait: bool = False) -> Holding:
        """Reserve one instance of a node.

        Args:
            node: Its id.
            name: Its name, for errors.
            wait: Whether to wait for an agent if none is there.

        Raises:
            RejectedError: Nothing viable exists, and it was not to wait.
            TransportError: There is no server.
        """
        await self._ready()
        holding = Holding(str(uuid.uuid4()), name)
        self._holdings[holding.reference] = holding
        self._connection.send(self._session.reserve(holding.request(node, wait=wait)))
        try:
            await holding.stored
        except BaseException:
            await self.arelease(holding)
            raise
        return holding

    async def arelease(self, holding: Holding) -> None:
        """Give a reservation back; calls of it that run go on.  May be called twice."""
        self._holdings.pop(holding.reference, None)
        if holding.reservation is not None:
            self._connection.send(self._session.release(holding.reservation))
            holding.reservation = None

    async def aclose(self) -> None:
        """End what runs beside the calls; the connection is closed by its owner."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait((self._watcher,))

    async def _ready(self) -> None:
        if not self._connection.is_open:
            await self._connection.open()
        await self._connection.drain()

    async def _begin(self, call: wire.Call, ongoing: Ongoing) -> Ongoing:
        await self._ready()
        self._session.call(call)
        try:
            self._connection.send(call)
        except LocalProtocolError:
            self._session.forget(call.reference)
            raise
        self._ongoing[call.reference] = ongoing
        if call.timeout is not None:
            ongoing.deadline = self._clock.monotonic() + call.timeout
            if not self._connection.is_open:
                self._watch_deadlines()
        return ongoing

    async def _await(self, ongoing: Ongoing) -> dict[str, Any] | None:
        result: dict[str, Any] | None = await ongoing.ended
        return result

    def _cancel(self, ongoing: Ongoing) -> None:
        """Ask for the end of a call that has not ended."""
        has_ended = ongoing.ended.done() and not ongoing.ended.cancelled()
        if has_ended or ongoing.is_cancelling:
            return
        ongoing.is_cancelling = True
        cancel = self._session.cancel(ongoing.reference)
        if cancel is None and ongoing.is_detached and ongoing.assignation is not None:
            cancel = wire.Cancel(assignation=ongoing.assignation)
        if cancel is not None:
            self._connection.send(cancel)

    async def _cancel_and_wait(self, ongoing: Ongoing) -> None:
        self._cancel(ongoing)
        if ongoing.ended.cancelled():  # together with the task that awaited it
            ongoing.ended = asyncio.get_running_loop().create_future()
        self._reattach(ongoing)
        # Shielded, because anyio cancels every await of a cancelled scope anew.
        with anyio.CancelScope(shield=True):
            await wait_bounded(ongoing.ended, CANCEL_PATIENCE, self._clock)

    def _receive(self, message: wire.ServerMessage) -> None:
        for update in self._session.receive(message):
            handle = _UPDATES.get(type(update))
            if handle is not None:
                handle(self, update)

    def _on_send(self, update: Send) -> None:
        self._connection.send(update.message)

    def _on_accepted(self, update: Accepted) -> None:
        if (ongoing := self._ongoing.get(update.reference)) is not None:
            ongoing.assignation = update.assignation

    def _on_rejected(self, update: Rejected) -> None:
        if (ongoing := self._ongoing.get(update.reference)) is not None:
            ongoing.fail(rejected_error(ongoing.node, update))

    def _on_refused(self, update: Refused) -> None:
        if (ongoing := self._ongoing.get(update.reference or "")) is not None:
            ongoing.fail(refused_error(ongoing.node, update))

    def _on_happened(self, update: Happened) -> None:
        ongoing = self._ongoing.get(update.reference)
        if ongoing is None:
            return
        ongoing.happened(update.event)
        waiting = ongoing.values
        if waiting is not None and len(waiting) >= MAX_WAITING_VALUES and not ongoing.ended.done():
            ongoing.is_detached = True
            self._connection.send(self._session.detach(update.assignation))

    def _reattach(self, ongoing: Ongoing) -> None:
        """Ask the server for the values that it kept while too many waited here."""
        if ongoing.is_detached and ongoing.assignation is not None:
            ongoing.is_detached = False
            attach = self._session.attach(ongoing.assignation, after=ongoing.number)
            self._connection.send(attach)

    def _on_reservation(self, update: ReservationChanged) -> None:
        holding = self._holdings.get(update.reference or "")
        if holding is not None:
            holding.changed(update)
        elif update.reference is not None and update.status in HELD:
            # It was given up before it was stored.
            self._connection.send(self._session.release(update.reservation or ""))

    def _fail_all(self, error: RekuestError) -> None:
        for ongoing in self._ongoing.values():
            ongoing.fail(error)
        for holding in self._holdings.values():
            holding.fail(error)

    def _watch_deadlines(self) -> None:
        """While no socket is open nobody else enforces deadlines."""
        if self._watcher is not None:
            self._watcher.cancel()
        self._watcher = asyncio.get_running_loop().create_task(self._expire())

    async def _expire(self) -> None:
        while not self._connection.is_open:
            timed = [it for it in self._ongoing.values() if it.deadline is not None]
            waiting = [(it.deadline or 0.0, it) for it in timed if not it.ended.done()]
            if not waiting:
                return
            due, ongoing = min(waiting, key=lambda pair: pair[0])
            if self._clock.monotonic() < due:
                await self._clock.sleep_until(due)
                continue
            ongoing.fail(
                ExpiredError(
                    f"call of node {ongoing.node!r} passed its deadline while the server at "
                    f"{self._connection.url} could not be reached; what became of it is not known here",
                    assignation=ongoing.assignation,
                )
            )


_MESSAGES: Final[tuple[type[wire.ServerMessage], ...]] = (
    wire.CallAccepted,
    wire.CallRejected,
    wire.Attached,
    wire.Event,
    wire.Refused,
    wire.Reserved,
    wire.ReservationChanged,
    wire.Released,
)

_UPDATES: Final[dict[type[object], Callable[[Caller, Any], None]]] = {
    Send: Caller._on_send,
    Accepted: Caller._on_accepted,
    Rejected: Caller._on_rejected,
    Refused: Caller._on_refused,
    Happened: Caller._on_happened,
    ReservationChanged: Caller._on_reservation,
}
