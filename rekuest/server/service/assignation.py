"""Accepting calls, and what their callers ask for afterwards.  Source: schema/PROTOCOL.md, 5."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import AssignationEventKind as Kind
from rekuest.api.enums import AssignationStatus as Status
from rekuest.api.enums import ErrorCode, Priority
from rekuest.server.domain.assignation import STOPPING
from rekuest.server.domain.permissions import owns
from rekuest.server.domain.principal import Principal
from rekuest.server.service.context import Context
from rekuest.server.service.dispatch import Dispatcher
from rekuest.server.service.errors import RejectionError
from rekuest.server.service.ids import new_id
from rekuest.server.service.recorder import Recorder
from rekuest.server.service.reservation import Reservations
from rekuest.server.service.session import Follower, Session
from rekuest.server.service.translate import call_row
from rekuest.server.service.view import CallView, ReservationView
from rekuest.server.store.commands import AcceptCall
from rekuest.server.store.rows import AssignationRow, EventRow

logger = logging.getLogger(__name__)

Reply = Callable[[wire.CallAccepted | wire.CallRejected], object]
LONGEST = 10 * 365 * 86_400.0  # seconds that a call may be given: its deadline stays a date

# Schedules what may happen no later than at a time of the monotonic clock.
Remind = Callable[[float, str], None]


class Assignations:
    """Calls, from the caller's side."""

    def __init__(
        self,
        context: Context,
        recorder: Recorder,
        dispatcher: Dispatcher,
        reservations: Reservations,
        remind: Remind,
    ) -> None:
        self._view = context.view
        self._store = context.store
        self._clock = context.clock
        self._rules = context.rules
        self._recorder = recorder
        self._dispatcher = dispatcher
        self._reservations = reservations
        self._remind = remind
        # Callers that wait for the first commit of a call that another message made.
        self._waiting: dict[str, list[tuple[Session | None, Reply]]] = {}
        # Set by the service: sends the stored events of a call that has ended.
        self.on_follow_stored: Callable[[Session, AssignationRow], None] = lambda session, row: None

    def call(
        self, principal: Principal, message: wire.Call, session: Session | None, reply: Reply
    ) -> Awaitable[None] | None:
        """Accept or reject a call; `reply` is called exactly once, after the call is stored.

        Returns:
            What to await before the caller's next message; None: nothing.
        """
        try:
            known = self._known(principal, message)
            if known is not None:
                self._repeat(known, message, session, reply)
                return None
            reservation = self._admit(principal, message)
            call = self._new_call(principal, message, reservation, session)
        except RejectionError as rejection:
            return self._reject(principal, message, session, reply, rejection)
        self._accept(call, session, reply)
        return None

    def cancel(self, call: CallView, *, reason: str | None = None) -> None:
        """Ask a live call and its children to stop; one that nobody has started ends at once."""
        for child in self._descendants(call):
            self._cancel_one(child, "its parent was cancelled")
        self._cancel_one(call, reason)

    def interrupt(self, call: CallView, *, reason: str | None = None) -> None:
        """End a live call and its children by force; one that nobody has started ends at once."""
        for child in self._descendants(call):
            self._interrupt_one(child, "its parent was interrupted")
        self._interrupt_one(call, reason)

    def expire(self, call: CallView, reason: str) -> None:
        """End a call whose time is over; its actor is told to cancel.  Source: PROTOCOL.md, 5.7."""
        for child in self._descendants(call):
            self._expire_one(child, "its parent's deadline passed")
        self._expire_one(call, reason)

    def _cancel_one(self, call: CallView, reason: str | None) -> None:
        if call.status is Status.QUEUED:
            self._recorder.change(call, Kind.CANCELLED, reason=reason)
            self._view.calls.pop(call.id, None)
        elif call.status not in STOPPING:
            self._stop(call, Kind.CANCELLING, wire.Cancel(assignation=call.id), reason)

    def _interrupt_one(self, call: CallView, reason: str | None) -> None:
        if call.status is Status.QUEUED:
            self._recorder.change(call, Kind.INTERRUPTED, reason=reason)
            self._view.calls.pop(call.id, None)
        elif call.status is not Status.INTERRUPTING:
            self._stop(call, Kind.INTERRUPTING, wire.Interrupt(assignation=call.id), reason)

    def _expire_one(self, call: CallView, reason: str) -> None:
        held = call.status is not Status.QUEUED
        if not self._recorder.change(call, Kind.EXPIRED, reason=reason):
            return
        session = self._view.session_of(call.agent) if held else None
        if session is not None and call.sent:
            session.send(wire.Cancel(assignation=call.id))  # its credit comes back when it says so
        else:
            self._dispatcher.free(call)
            self._view.calls.pop(call.id, None)

    def _descendants(self, call: CallView) -> list[CallView]:
        """Return the live calls that a call has made, and those that they have made, the farthest first."""
        found: list[CallView] = []
        waiting = [call]
        while waiting:
            children = map(self._view.calls.get, sorted(waiting.pop().children))
            live = [child for child in children if child is not None and not child.is_over]
            found += live
            waiting += live
        return found[::-1]

    def _stop(
        self, call: CallView, kind: Kind, order: wire.Cancel | wire.Interrupt, reason: str | None
    ) -> None:
        def send() -> None:
            session = self._view.session_of(call.agent)
            if session is not None and not call.is_over:
                session.send(order)

        self._recorder.change(call, kind, reason=reason, after=send)

    def _known(self, principal: Principal, message: wire.Call) -> CallView | None:
        key = (principal.user, principal.app or "", message.reference)
        id = self._view.calls_by_key.get(key)
        return None if id is None else self._view.calls.get(id)

    def _repeat(
        self, call: CallView, message: wire.Call, session: Session | None, reply: Reply
    ) -> None:
        if not _same(call.node, call.args, message, self._reservations.node_of(message)):
            raise conflict(message.reference)
        if not call.accepted:
            self._waiting.setdefault(call.id, []).append((session, reply))
            return
        self._welcome(call, session, reply)

    def _welcome(self, call: CallView, session: Session | None, reply: Reply) -> None:
        if session is not None:
            self._recorder.follow(call, Follower(session, call.id, call.number))
        reply(accepted(call.reference, call.id, call.status, call.number))

    async def _reject(
        self,
        principal: Principal,
        message: wire.Call,
        session: Session | None,
        reply: Reply,
        rejection: RejectionError,
    ) -> None:
        """Reject a call, unless it was accepted before and has ended: then this is the lost answer.  Source: 5.2."""
        reads = self._store.read.assignations
        row = await reads.by_reference(principal.user, principal.app or "", message.reference)
        if row is None:
            reply(rejected(message.reference, rejection))
        elif _means(row, message):
            self._repeat_stored(row, session, reply)
        else:
            reply(rejected(message.reference, conflict(message.reference)))

    def _admit(self, principal: Principal, message: wire.Call) -> ReservationView:
        if not message.reference or len(message.reference) > 200:
            raise RejectionError(ErrorCode.INVALID_INPUT, "a reference has 1 to 200 characters")
        for seconds in (message.timeout, message.queue_timeout):
            if seconds is not None and not 0 < seconds <= LONGEST:
                raise RejectionError(
                    ErrorCode.INVALID_INPUT, f"a timeout is more than 0 and at most {LONGEST:g} s"
                )
        if self._view.open_calls.get(principal.user, 0) >= self._rules.open_calls:
            raise RejectionError(
                ErrorCode.LIMIT_EXCEEDED,
                f"{self._rules.open_calls} calls are open already; wait for some to end",
            )
        node, reservation = self._reservations.called(principal, message)
        failures = node.checker.check(message.args)
        if failures:
            listed = "; ".join(str(failure) for failure in failures)
            raise RejectionError(
                ErrorCode.INVALID_ARGS,
                f"arguments do not fit node {node.row.name!r}: {listed}",
                failures,
            )
        reservation = reservation or self._reservations.implicit(principal, node)
        may_wait = message.wait or message.queue_timeout is not None
        if not may_wait and not self._reservations.is_callable(reservation):
            raise RejectionError(
                ErrorCode.NO_AGENT,
                f"no agent that provides {node.row.name!r} is connected; start one, or wait for it",
            )
        if len(reservation.waiting) >= self._rules.queued_calls:
            raise RejectionError(
                ErrorCode.RESERVATION_FULL,
                f"{len(reservation.waiting)} calls wait for {node.row.name!r} already; try again later",
            )
        return reservation

    def _new_call(
        self,
        principal: Principal,
        message: wire.Call,
        reservation: ReservationView,
        session: Session | None,
    ) -> CallView:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        parent = self._parent(principal, message, session)
        timeout, queue_timeout = message.timeout, message.queue_timeout
        if parent is not None and parent.expires_at is not None:
            left = parent.expires_at - monotonic  # a child has no more than its parent
            timeout = left if timeout is None else min(timeout, left)
        return CallView(
            id=new_id(now),
            reference=message.reference,
            organization=principal.organization,
            user=principal.user,
            user_name=principal.user_name,
            app=principal.app or "",
            node=reservation.row.node,
            reservation=reservation.row.id,
            args=message.args,
            status=Status.QUEUED,
            number=1,
            attempt=0,
            seq=0,
            priority=Priority(message.priority),
            wait=message.wait,
            ephemeral=message.ephemeral,
            cancel_on_disconnect=message.cancel_on_disconnect,
            session_id=None if session is None else session.id,
            parent=message.parent,
            deadline=None if timeout is None else now + timeout,
            queue_deadline=None if queue_timeout is None else now + queue_timeout,
            expires_at=None if timeout is None else monotonic + timeout,
            queue_expires_at=None if queue_timeout is None else monotonic + queue_timeout,
            accepted=False,
        )

    def _parent(
        self, principal: Principal, message: wire.Call, session: Session | None
    ) -> CallView | None:
        """Return the call that makes this one: of the same user, or one that the session works on."""
        if message.parent is None:
            return None
        parent = self._view.calls.get(message.parent)
        if parent is not None and not parent.is_over:
            works_on_it = session is not None and session.agent == parent.agent is not None
            if works_on_it or owns(principal, organization=parent.organization, owner=parent.user):
                return parent
        raise RejectionError(ErrorCode.NOT_FOUND, f"no live call {message.parent!r} to be parent")

    def _accept(self, call: CallView, session: Session | None, reply: Reply) -> None:
        now = self._clock.now()
        events = [EventRow(call.id, 1, Kind.QUEUED.value, 0, None, now)]
        self._view.add_call(call)
        # Accepting and binding are two transitions; where the agent's lease is held, they share a transaction.
        if self._dispatcher.place(call):
            call.status, call.number = Status.BOUND, 2
            events.append(EventRow(call.id, 2, Kind.BOUND.value, call.attempt, None, now))
        for moment in (call.expires_at, call.queue_expires_at):
            if moment is not None:
                self._remind(moment, call.id)
        if session is not None:
            self._recorder.follow(call, Follower(session, call.id, call.number))
        answer = accepted(call.reference, call.id, call.status, call.number)
        if call.ephemeral:
            self._confirm(call, reply, answer)
            return
        command = AcceptCall(call_row(call, now), tuple(events))
        future = self._store.write(command)
        future.add_done_callback(partial(self._accepted, call, session, reply, answer))

    def _confirm(self, call: CallView, reply: Reply, answer: wire.CallAccepted) -> None:
        call.accepted = True
        reply(answer)
        for session, other in self._waiting.pop(call.id, ()):
            self._welcome(call, session, other)
        if answer.status is Status.BOUND:
            self._dispatcher.send(call)

    def _accepted(
        self,
        call: CallView,
        session: Session | None,
        reply: Reply,
        answer: wire.CallAccepted,
        future: asyncio.Future[AssignationRow],
    ) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None and future.result().id == call.id:
            self._confirm(call, reply, answer)
            return
        others = self._waiting.pop(call.id, [])
        self._withdraw(call)
        for follower, answered in [(session, reply), *others]:
            if error is not None:
                logger.error("call %s is not stored: %s", call.id, error)
                why = RejectionError(ErrorCode.UNAVAILABLE, "the store does not answer; try again")
                answered(rejected(call.reference, why))
            else:
                self._repeat_other(future.result(), call, follower, answered)

    def _repeat_other(
        self, row: AssignationRow, call: CallView, session: Session | None, reply: Reply
    ) -> None:
        if row.node != call.node or row.args != call.args:
            reply(rejected(call.reference, conflict(call.reference)))
        else:
            self._repeat_stored(row, session, reply)

    def _repeat_stored(self, row: AssignationRow, session: Session | None, reply: Reply) -> None:
        """Answer a reference whose call has ended and is in the store only."""
        reply(accepted(row.reference, row.id, Status(row.status), 0))
        if session is not None:
            self.on_follow_stored(session, row)

    def _withdraw(self, call: CallView) -> None:
        """Undo in the view what was never stored."""
        if not call.is_over:
            self._view.close_call(call)
        for follower in list(call.followers):
            self._recorder.leave(follower)
        call.status = Status.CANCELLED
        self._view.calls.pop(call.id, None)
        self._dispatcher.free(call)


def accepted(reference: str, id: str, status: Status, number: int) -> wire.CallAccepted:
    """Return the answer to a call that is stored."""
    return wire.CallAccepted(reference=reference, assignation=id, status=status, number=number)


def rejected(reference: str, rejection: RejectionError) -> wire.CallRejected:
    """Return the answer to a call that is not."""
    failures = [
        wire.PortFailure(path=failure.path, expected=failure.expected, got=failure.got)
        for failure in rejection.failures
    ]
    return wire.CallRejected(
        reference=reference, code=rejection.code, message=str(rejection), failures=failures
    )


def conflict(reference: str) -> RejectionError:
    """Return the rejection of a reference that names another call."""
    return RejectionError(
        ErrorCode.CONFLICT,
        f"reference {reference!r} names another call already, with other arguments or another node",
    )


def _means(row: AssignationRow, message: wire.Call) -> bool:
    """Return whether a call would be the one that is stored under its reference."""
    same = row.node == message.node if message.node else row.reservation == message.reservation
    return same and dict(row.args) == dict(message.args)


def _same(node: str, args: Mapping[str, Any], message: wire.Call, wanted: str | None) -> bool:
    return node == wanted and dict(args) == dict(message.args)
