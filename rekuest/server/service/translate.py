"""Between what is stored, what lives in the view, and what travels."""

from __future__ import annotations

from datetime import UTC, datetime

from rekuest.api import wire
from rekuest.api.enums import (
    AssignationEventKind,
    AssignationStatus,
    Priority,
    ReservationStatus,
    Strategy,
)
from rekuest.server.domain.principal import Principal
from rekuest.server.service.ids import new_id
from rekuest.server.service.view import CallView
from rekuest.server.store.rows import (
    AssignationRow,
    EventRow,
    LogRow,
    ProgressRow,
    ReservationRow,
    UserRow,
)


def instant(seconds: float) -> datetime:
    """Return POSIX seconds as an aware instant."""
    return datetime.fromtimestamp(seconds, UTC)


def event_message(row: EventRow) -> wire.AssignationEvent:
    """Return a stored event as it travels."""
    return wire.AssignationEvent(
        number=row.number,
        kind=AssignationEventKind(row.kind),
        attempt=row.attempt,
        at=instant(row.at),
        returns=row.returns,
        error=None if row.error is None else wire.ExceptionInfo.model_validate(row.error),
        reason=row.reason,
    )


def progress_message(row: ProgressRow, attempt: int) -> wire.AssignationEvent:
    """Return progress as it travels."""
    return wire.AssignationEvent(
        kind=AssignationEventKind.PROGRESS,
        attempt=attempt,
        at=instant(row.at),
        progress=wire.ProgressInfo(done=row.done, total=row.total, message=row.message),
    )


def log_message(row: LogRow, attempt: int, at: float) -> wire.AssignationEvent:
    """Return a log line as it travels; `at` is when the server got it."""
    line = wire.LogLine(
        level=row.level, message=row.message, at=instant(row.at), dropped=row.dropped
    )
    return wire.AssignationEvent(
        kind=AssignationEventKind.LOG, attempt=attempt, at=instant(at), log=line
    )


def call_row(call: CallView, created_at: float) -> AssignationRow:
    """Return the first row of a new call."""
    return AssignationRow(
        id=call.id,
        reference=call.reference,
        organization=call.organization,
        user=call.user,
        app=call.app,
        node=call.node,
        reservation=call.reservation,
        provision=call.provision,
        agent=call.agent,
        status=call.status.value,
        reason=None,
        args=call.args,
        returns=None,
        error=None,
        attempt=call.attempt,
        seq=0,
        number=call.number,
        priority=call.priority.value,
        parent=call.parent,
        is_cached=False,
        wait=call.wait,
        cancel_on_disconnect=call.cancel_on_disconnect,
        session_id=call.session_id,
        created_at=created_at,
        deadline=call.deadline,
        queue_deadline=call.queue_deadline,
        started_at=None,
        ended_at=None,
    )


def call_view(row: AssignationRow, user: UserRow | None, offset: float) -> CallView:
    """Return a stored call that has not ended.

    Args:
        row: The call.
        user: Its caller; None: the caller has left the server.
        offset: What added to POSIX seconds gives the monotonic clock.
    """
    status = AssignationStatus(row.status)
    return CallView(
        id=row.id,
        reference=row.reference,
        organization=row.organization,
        user=row.user,
        user_name=row.user if user is None else user.name,
        app=row.app,
        node=row.node,
        reservation=row.reservation or "",
        args=row.args,
        status=status,
        number=row.number,
        attempt=row.attempt,
        seq=row.seq,
        stored_seq=row.seq,
        priority=Priority(row.priority),
        wait=row.wait,
        ephemeral=False,
        cancel_on_disconnect=row.cancel_on_disconnect,
        session_id=row.session_id,
        parent=row.parent,
        deadline=row.deadline,
        queue_deadline=row.queue_deadline,
        expires_at=None if row.deadline is None else row.deadline + offset,
        queue_expires_at=None if row.queue_deadline is None else row.queue_deadline + offset,
        provision=row.provision,
        agent=row.agent,
        # What happened just before the server stopped is not known: it may have been sent.
        sent=status is not AssignationStatus.QUEUED,
    )


def reservation_row(
    principal: Principal, node: str, reference: str, *, now: float, is_implicit: bool
) -> ReservationRow:
    """Return the first row of a new reservation that asks for nothing special."""
    return ReservationRow(
        id=new_id(now),
        reference=reference,
        organization=principal.organization,
        user=principal.user,
        app=principal.app or "",
        session_id=None,
        node=node,
        title=None,
        status=ReservationStatus.ROUTING.value,
        reason=None,
        strategy=Strategy.LEAST_BUSY.value,
        desired_instances=1,
        minimal_instances=1,
        wants={"apps": [], "agents": [], "templates": [], "labels": []},
        is_implicit=is_implicit,
        created_at=now,
        ended_at=None,
    )
