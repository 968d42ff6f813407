"""The service as the gateway and GraphQL hold it: what they may ask, and the two loops that never stop looking."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from types import TracebackType
from typing import Self

from rekuest.api import wire
from rekuest.api.enums import AssignationStatus, ErrorCode, ProvisionStatus
from rekuest.clock import Clock
from rekuest.errors import Failure
from rekuest.protocol.refusal import refuse
from rekuest.server.bus import Bus
from rekuest.server.domain.permissions import owns
from rekuest.server.domain.principal import Principal
from rekuest.server.service.context import Context, Rules
from rekuest.server.service.deadlines import Deadlines
from rekuest.server.service.errors import RejectionError
from rekuest.server.service.inbox import Inbox
from rekuest.server.service.load import load
from rekuest.server.service.parts import Parts
from rekuest.server.service.report import KINDS
from rekuest.server.service.session import Link, Session
from rekuest.server.service.tasks import Tasks
from rekuest.server.service.view import CallView, ProvisionView, View
from rekuest.server.store.rows import AssignationRow, ReservationRow
from rekuest.server.store.store import Store, StoreError, Viewer

logger = logging.getLogger(__name__)


class Service:
    """Every change of a contract or a call goes through here.  One event loop uses it; enter it to start it."""

    def __init__(self, store: Store, bus: Bus, clock: Clock, rules: Rules | None = None) -> None:
        self.store = store
        self.bus = bus
        self.clock = clock
        self.rules = rules or Rules()
        self.view = View()
        self._tasks = Tasks()
        self._deadlines = Deadlines(clock, self._due, self.view.calls.__contains__)
        context = Context(self.view, store, bus, clock, self.rules, self._tasks)
        parts = Parts(context, self._deadlines.add)
        self._inbox = Inbox(context, parts)
        self._recorder = parts.recorder
        self._tail = parts.tail
        self._dispatcher = parts.dispatcher
        self._provisions = parts.provisions
        self._reservations = parts.reservations
        self._assignations = parts.assignations
        self._agents = parts.agents
        self._sessions = parts.sessions
        self._divergence = parts.divergence
        parts.dispatcher.on_short = parts.reservations.short
        parts.dispatcher.on_idle = parts.reservations.give_back
        parts.provisions.on_changed = self._provision_changed
        parts.recorder.on_diverged = parts.divergence.note
        parts.divergence.on_revived = self._remind
        parts.assignations.on_follow_stored = lambda session, row: parts.following.follow_stored(
            session, row, 0
        )

    async def __aenter__(self) -> Self:
        """Read what lives from the store and start looking after it."""
        await load(self.view, self.store, self.clock, self.rules.lease_duration)
        for reservation in list(self.view.reservations.values()):
            self._reservations.stand(reservation)
        self._agents.settle()
        for call in self.view.calls.values():
            self._remind(call)
        self._sessions.start()
        self._tasks.spawn(self._deadlines.run())
        self._tasks.spawn(self._sweep_for_ever())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop looking; everything accepted is in the store."""
        await self._tasks.close()
        self._recorder.flush()
        self._tail.flush()

    # For the gateway

    async def open_session(
        self, principal: Principal, hello: wire.Hello, link: Link
    ) -> tuple[Session, bool, list[wire.Receipt]]:
        """Open or resume a session; returns it, whether it was known, and what it is believed to work on."""
        session, resumed = await self._sessions.open(principal, hello, link)
        return session, resumed, self._agents.believed(session)

    def handle(self, session: Session, message: wire.ClientMessage) -> Awaitable[None] | None:
        """Follow one message of an open session; await what it returns before the next one.

        Whoever awaits it may be cancelled: what was begun is ended all the same.
        """
        try:
            waiting = self._inbox.handle(session, message)
        except Exception as error:  # noqa: BLE001  # one message's defect must not end its session
            self._failed(session, message, error)
            return None
        if waiting is None:
            return None
        return asyncio.shield(self._tasks.spawn(self._finish(session, message, waiting)))

    def close_session(self, session: Session, link: Link) -> None:
        """Note that a session's socket is gone."""
        self._sessions.closed(session, link)

    # For GraphQL

    async def assign(self, principal: Principal, message: wire.Call) -> str:
        """Accept a call and return its id.

        Raises:
            RejectionError: It is not accepted; nothing runs.
        """
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def reply(answer: wire.CallAccepted | wire.CallRejected) -> None:
            if answered.done():
                return
            if isinstance(answer, wire.CallAccepted):
                answered.set_result(answer.assignation)
            else:
                answered.set_exception(_rejection(answer))

        waiting = self._assignations.call(principal, message, None, reply)
        if waiting is not None:
            await waiting
        return await answered

    async def cancel(self, principal: Principal, id: str) -> AssignationRow:
        """Ask a call to stop; returns it as it is stored then.

        Raises:
            RejectionError: There is no such call of the principal's, or it has ended.
        """
        self._assignations.cancel(await self._own_call(principal, id))
        return await self._stored_call(id)

    async def interrupt(self, principal: Principal, id: str) -> AssignationRow:
        """End a call by force; returns it as it is stored then.

        Raises:
            RejectionError: There is no such call of the principal's, or it has ended.
        """
        self._assignations.interrupt(await self._own_call(principal, id))
        return await self._stored_call(id)

    async def reserve(self, principal: Principal, message: wire.Reserve) -> ReservationRow:
        """Make a reservation that no session holds.

        Raises:
            RejectionError: It is not made.
        """
        answered: asyncio.Future[ReservationRow] = asyncio.get_running_loop().create_future()

        def answer(made: ReservationRow | RejectionError) -> None:
            if answered.done():
                return
            if isinstance(made, RejectionError):
                answered.set_exception(made)
            else:
                answered.set_result(made)

        self._reservations.reserve(principal, message, None, answer)
        return await answered

    async def release(self, principal: Principal, id: str) -> ReservationRow:
        """End a reservation.

        Raises:
            RejectionError: There is no such reservation of the principal's.
        """
        reservation = self._reservations.own(principal, id)
        if reservation is not None and reservation.row.is_implicit:
            reason = f"reservation {id!r} is the server's own, for calls that name none"
            raise RejectionError(ErrorCode.INVALID_INPUT, reason)
        if reservation is not None:
            self._reservations.release(reservation, "it was released")
            await self._settled()
        viewer = Viewer(principal.organization, principal.user)
        row = await self.store.read.reservations.get(id, viewer=viewer)
        if row is None:
            raise RejectionError(ErrorCode.NOT_FOUND, f"no reservation {id!r} of yours")
        return row

    # Its own doing

    async def _finish(
        self, session: Session, message: wire.ClientMessage, waiting: Awaitable[None]
    ) -> None:
        try:
            await waiting
        except Exception as error:  # noqa: BLE001  # as in `handle`
            self._failed(session, message, error)

    def _failed(self, session: Session, message: wire.ClientMessage, error: Exception) -> None:
        """Answer a message that could not be followed for a reason that is ours."""
        if isinstance(error, StoreError):
            logger.warning("a %s is not followed: %s", message.typename__, error)
            code, reason = ErrorCode.UNAVAILABLE, "the store does not answer; try again later"
        else:
            logger.error("a %s is not followed", message.typename__, exc_info=error)
            code, reason = ErrorCode.INTERNAL, "an error of the server, which its log describes"
        if type(message) in KINDS:
            session.shut(1011, reason)  # refusing an event would allow the agent to forget it
        else:
            session.send(refuse(message, code, reason))

    async def _own_call(self, principal: Principal, id: str) -> CallView:
        call = self.view.calls.get(id)
        if call is not None and owns(principal, organization=call.organization, owner=call.user):
            if not call.is_over:
                return call
            raise RejectionError(ErrorCode.ALREADY_ENDED, f"call {id!r} has ended")
        viewer = Viewer(principal.organization, principal.user)
        row = await self.store.read.assignations.get(id, viewer=viewer)
        if row is None or row.user != principal.user:
            raise RejectionError(ErrorCode.NOT_FOUND, f"no call {id!r} of yours")
        raise RejectionError(ErrorCode.ALREADY_ENDED, f"call {id!r} has ended")

    async def _stored_call(self, id: str) -> AssignationRow:
        await self._settled()
        row = await self.store.read.assignations.get(id, viewer=None)
        if row is None:
            raise RejectionError(ErrorCode.NOT_FOUND, f"call {id!r} keeps no record")
        return row

    async def _settled(self) -> None:
        """Return when everything that was written so far is stored."""
        self._recorder.flush()
        await self.store.write_all(())

    def _provision_changed(self, provision: ProvisionView) -> None:
        if provision.status is ProvisionStatus.ACTIVE:
            self._dispatcher.refill(provision)
        for id in sorted(provision.reservations):
            reservation = self.view.reservations.get(id)
            if reservation is None:
                continue
            if provision.is_live:
                self._reservations.stand(reservation)
            else:
                self._reservations.ensure(reservation)

    def _due(self, id: str, now: float) -> None:
        """Expire a call if one of its times is over."""
        call = self.view.calls.get(id)
        if call is None or call.is_over:
            return
        if call.expires_at is not None and call.expires_at <= now:
            self._assignations.expire(call, "its timeout passed")
        elif (
            call.queue_expires_at is not None
            and call.queue_expires_at <= now
            and call.status is AssignationStatus.QUEUED
        ):
            self._assignations.expire(call, "no agent took it within its queue timeout")

    async def _sweep_for_ever(self) -> None:
        while True:
            await self.clock.sleep_until(self.clock.monotonic() + self.rules.sweep_interval)
            try:
                self._sweep(self.clock.monotonic())
            except Exception:  # noqa: BLE001  # the sweep must outlive any one defect
                logger.exception("a sweep failed; the next one tries again")

    def _sweep(self, now: float) -> None:
        """Compare what is wanted with what is, and mend it.  Source: the design's reconciler."""
        self._agents.lapse(now)
        self._sessions.sweep(now)
        self._agents.renew()
        self._tail.flush()
        self._divergence.mend()
        self._reservations.sweep()
        for provision in list(self.view.provisions.values()):
            if provision.status in {ProvisionStatus.PENDING, ProvisionStatus.UNREACHABLE}:
                self._provisions.ask(provision)
        for reservation in list(self.view.reservations.values()):
            if not reservation.waiting:
                continue
            self._dispatcher.drain(reservation)
            if not self._reservations.is_callable(reservation):
                self._give_up(list(reservation.waiting))

    def _give_up(self, waiting: Iterable[str]) -> None:
        """End calls that wait for an agent although they did not ask to.  Source: PROTOCOL.md, 5.8."""
        for id in waiting:
            call = self.view.calls.get(id)  # a parent's end may have ended it
            if call is not None and not call.wait and call.queue_deadline is None:
                self._assignations.expire(call, "no agent that may run it is connected any more")

    def _remind(self, call: CallView) -> None:
        for moment in (call.expires_at, call.queue_expires_at):
            if moment is not None:
                self._deadlines.add(moment, call.id)


def _rejection(answer: wire.CallRejected) -> RejectionError:
    failures = [Failure(found.path, found.expected, found.got) for found in answer.failures]
    return RejectionError(ErrorCode(answer.code), answer.message, failures)
