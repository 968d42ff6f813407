"""What each message of a client leads to.  Source: schema/PROTOCOL.md.

Most messages are followed at once; the few that must read or wait return an awaitable, and the gateway awaits it before
the session's next message, so that messages are followed in their order (1.9).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import AssignationStatus, ErrorCode
from rekuest.server.domain.assignation import TERMINAL
from rekuest.server.domain.permissions import owns
from rekuest.server.service.context import Context
from rekuest.server.service.errors import RejectionError
from rekuest.server.service.parts import Parts
from rekuest.server.service.report import KINDS
from rekuest.server.service.session import Session
from rekuest.server.service.view import CallView, ProvisionView
from rekuest.server.store.rows import AssignationRow, ReservationRow
from rekuest.server.store.store import Viewer

logger = logging.getLogger(__name__)

Handler = Callable[[Session, Any], Awaitable[None] | None]


class Inbox:
    """One handler a message class."""

    def __init__(self, context: Context, parts: Parts) -> None:
        self._view = context.view
        self._store = context.store
        self._recorder = parts.recorder
        self._following = parts.following
        self._provisions = parts.provisions
        self._reports = parts.reports
        self._assignations = parts.assignations
        self._reservations = parts.reservations
        self._sessions = parts.sessions
        self._handlers: dict[type[Any], Handler] = {
            wire.Goodbye: self._goodbye,
            wire.Declare: parts.declarations.declare,
            wire.Provided: self._provided,
            wire.ProvideFailed: self._provide_failed,
            wire.Unprovided: self._unprovided,
            wire.Credits: self._credits,
            wire.Progress: parts.reports.progress,
            wire.Log: parts.reports.log,
            wire.Refused: parts.reports.rejected,
            wire.Call: self._call,
            wire.Attach: self._attach,
            wire.Detach: self._detach,
            wire.Cancel: self._control,
            wire.Interrupt: self._control,
            wire.Pause: self._control,
            wire.Resume: self._control,
            wire.Step: self._control,
            wire.Reserve: self._reserve,
            wire.Release: self._release,
            wire.Mint: self._mint,
        }
        self._handlers.update(dict.fromkeys(KINDS, self._report))

    def handle(self, session: Session, message: wire.ClientMessage) -> Awaitable[None] | None:
        """Follow one message of an open session."""
        handler = self._handlers.get(type(message))
        if handler is None:
            session.refuse(message, ErrorCode.OUT_OF_PLACE, "the session is open already")
            return None
        return handler(session, message)

    def _goodbye(self, session: Session, message: wire.Goodbye) -> None:
        self._sessions.end(session, message.reason or "it said goodbye")
        session.shut(1000, "goodbye")

    def _report(self, session: Session, message: Any) -> Awaitable[None] | None:
        if self._reports.knows(session, message):
            self._reports.numbered(session, message)
            return None
        return self._report_ended(session, message)

    async def _report_ended(self, session: Session, message: Any) -> None:
        """Answer an event of a call that is not alive here: over, somebody else's, or made up."""
        row = await self._store.read.assignations.get(message.assignation, viewer=None)
        if row is not None and row.agent == session.agent and session.agent is not None:
            is_stored = message.attempt < row.attempt or message.seq <= row.seq
            if is_stored or AssignationStatus(row.status) in TERMINAL:
                session.acknowledge(row.id, message.attempt, message.seq)
            # Otherwise its first copy is on its way to the disk, and the receipt comes when it has arrived.
            return
        if row is not None:
            name = session.instance_id
            logger.warning("agent %r sent an event of call %s, which is not its own", name, row.id)
        receipt = wire.Receipt(
            assignation=message.assignation, attempt=message.attempt, seq=message.seq
        )
        session.refuse(
            message,
            ErrorCode.NOT_FOUND,
            f"this session works on no call {message.assignation!r}",
            subject=message.assignation,
            receipt=receipt,
        )

    def _provision(self, session: Session, message: Any) -> ProvisionView | None:
        provision = self._view.provisions.get(message.provision)
        if provision is None or provision.agent != session.agent:
            if not isinstance(message, wire.Unprovided):  # the last word on one that has ended
                reason = f"this session holds no provision {message.provision!r}"
                session.refuse(message, ErrorCode.NOT_FOUND, reason, subject=message.provision)
            return None
        return provision

    def _provided(self, session: Session, message: wire.Provided) -> None:
        if (provision := self._provision(session, message)) is not None:
            self._provisions.provided(provision, max(0, message.credits))

    def _provide_failed(self, session: Session, message: wire.ProvideFailed) -> None:
        if (provision := self._provision(session, message)) is not None:
            reason = f"{message.error.type}: {message.error.message}"
            self._provisions.failed(provision, reason)
            self._abandoned(provision, reason)

    def _unprovided(self, session: Session, message: wire.Unprovided) -> None:
        if (provision := self._provision(session, message)) is not None:
            self._provisions.ended(provision, message.reason)
            self._abandoned(provision, "its agent gave up what ran it")

    def _abandoned(self, provision: ProvisionView, reason: str) -> None:
        """Decide about calls whose actor is gone before they have ended."""
        if not provision.is_live:
            calls = map(self._view.calls.get, sorted(provision.working))
            self._reports.lost([call for call in calls if call is not None], reason)

    def _credits(self, session: Session, message: wire.Credits) -> None:
        if (provision := self._provision(session, message)) is not None:
            self._provisions.provided(provision, max(0, message.credits))

    def _call(self, session: Session, message: wire.Call) -> Awaitable[None] | None:
        return self._assignations.call(session.principal, message, session, session.send)

    async def _attach(self, session: Session, message: wire.Attach) -> None:
        row = await self._attached_row(session, message)
        if row is None:
            subject = message.assignation or message.reference
            reason = f"no call {subject!r}"
            session.refuse(message, ErrorCode.NOT_FOUND, reason, subject=subject)
            return
        session.send(
            wire.Attached(
                assignation=row.id,
                reference=row.reference,
                status=AssignationStatus(row.status),
                number=row.number,
            )
        )
        self._following.follow_stored(session, row, message.after)

    async def _attached_row(self, session: Session, message: wire.Attach) -> AssignationRow | None:
        principal = session.principal
        reads = self._store.read.assignations
        if message.assignation is not None:
            viewer = Viewer(principal.organization, principal.user)
            return await reads.get(message.assignation, viewer=viewer)
        if message.reference is None:
            return None
        return await reads.by_reference(principal.user, session.app.identifier, message.reference)

    def _detach(self, session: Session, message: wire.Detach) -> None:
        if (follower := session.follows.get(message.assignation)) is not None:
            self._recorder.leave(follower)

    def _control(self, session: Session, message: Any) -> Awaitable[None] | None:
        call = self._view.calls.get(message.assignation)
        if call is None or call.is_over or not self.may_control(session, call):
            return self._control_ended(session, message, call)
        if isinstance(message, wire.Cancel):
            self._assignations.cancel(call)
        elif isinstance(message, wire.Interrupt):
            self._assignations.interrupt(call)
        else:
            reason = "pause, resume and step come with a later version"
            session.refuse(message, ErrorCode.NOT_IMPLEMENTED, reason, subject=call.id)
        return None

    def may_control(self, session: Session, call: CallView) -> bool:
        """Return whether a call is the principal's own."""
        return owns(session.principal, organization=call.organization, owner=call.user)

    async def _control_ended(self, session: Session, message: Any, call: CallView | None) -> None:
        principal = session.principal
        viewer = Viewer(principal.organization, principal.user)
        row = await self._store.read.assignations.get(message.assignation, viewer=viewer)
        own = row is not None and row.user == principal.user
        code = ErrorCode.ALREADY_ENDED if own else ErrorCode.NOT_FOUND
        id = message.assignation
        reason = f"call {id!r} has ended" if own else f"no call {id!r} of yours"
        session.refuse(message, code, reason, subject=id)

    def _reserve(self, session: Session, message: wire.Reserve) -> None:
        def answer(made: ReservationRow | RejectionError) -> None:
            if isinstance(made, RejectionError):
                session.refuse(message, made.code, str(made), subject=message.reference)
            else:
                session.send(
                    wire.Reserved(
                        reference=made.reference,
                        reservation=made.id,
                        status=made.status,
                        reason=made.reason,
                    )
                )

        self._reservations.reserve(session.principal, message, session, answer)

    def _release(self, session: Session, message: wire.Release) -> None:
        reservation = self._reservations.own(session.principal, message.reservation)
        if reservation is None or reservation.row.is_implicit:  # that one is the server's own
            reason = f"no reservation {message.reservation!r} of yours"
            session.refuse(message, ErrorCode.NOT_FOUND, reason, subject=message.reservation)
            return
        session.reservations.discard(message.reservation)
        self._reservations.release(reservation, "it was released")
        session.send(wire.Released(reservation=message.reservation))

    def _mint(self, session: Session, message: wire.Mint) -> None:
        """Answer a request for a call's token.  Source: schema/PROTOCOL.md, 4.10."""
        if self._reports.knows(session, message):
            code, reason = ErrorCode.NOT_IMPLEMENTED, "tokens of calls come with a later version"
        else:
            code = ErrorCode.NOT_FOUND
            reason = f"this session works on no call {message.assignation!r}"
        session.refuse(message, code, reason, subject=message.assignation)
