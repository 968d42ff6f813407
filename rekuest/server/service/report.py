"""What agents say about the calls they work on.  Source: schema/PROTOCOL.md, 4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import AssignationEventKind as Kind
from rekuest.api.enums import AssignationStatus as Status
from rekuest.api.enums import ErrorCode
from rekuest.server.domain.assignation import TERMINAL_KINDS, after_loss
from rekuest.server.service.context import Context
from rekuest.server.service.dispatch import Dispatcher
from rekuest.server.service.recorder import Recorder
from rekuest.server.service.session import Session
from rekuest.server.service.tail import Tail
from rekuest.server.service.translate import log_message, progress_message
from rekuest.server.service.view import CallView
from rekuest.server.store.rows import LogRow, ProgressRow

Numbered = (
    wire.Accepted
    | wire.Yield
    | wire.Paused
    | wire.Resumed
    | wire.Done
    | wire.Failed
    | wire.Cancelled
    | wire.Interrupted
)

KINDS: dict[type[Any], Kind] = {
    wire.Accepted: Kind.ACCEPTED,
    wire.Yield: Kind.YIELD,
    wire.Paused: Kind.PAUSED,
    wire.Resumed: Kind.RESUMED,
    wire.Done: Kind.DONE,
    wire.Failed: Kind.FAILED,
    wire.Cancelled: Kind.CANCELLED,
    wire.Interrupted: Kind.INTERRUPTED,
}


class Reports:
    """Applies agents' events to calls, within the agent's lease and in the order of their numbers."""

    def __init__(
        self, context: Context, recorder: Recorder, dispatcher: Dispatcher, tail: Tail
    ) -> None:
        self._view = context.view
        self._clock = context.clock
        self._recorder = recorder
        self._dispatcher = dispatcher
        self._tail = tail

    def knows(self, session: Session, message: Numbered | wire.Mint) -> bool:
        """Return whether the call of a message is in the view, as this session's work."""
        call = self._view.calls.get(message.assignation)
        return call is not None and session.agent is not None and call.agent == session.agent

    def numbered(self, session: Session, message: Numbered) -> None:
        """Apply an event of a call that `knows`.  Source: schema/PROTOCOL.md, 4.4, 4.5, 4.7."""
        call = self._view.calls[message.assignation]
        if message.attempt != call.attempt:
            stale = message.attempt < call.attempt
            code = ErrorCode.STALE if stale else ErrorCode.OUT_OF_PLACE
            self._refuse(session, message, code, f"the call is at attempt {call.attempt}")
        elif message.seq <= call.seq:
            # A repeat.  If its first copy is on its way to the disk, that one's receipt will do.
            if message.seq <= call.stored_seq:
                session.acknowledge(call.id, call.attempt, message.seq)
        elif message.seq > call.seq + 1:
            self._refuse(session, message, ErrorCode.OUT_OF_PLACE, f"expected seq {call.seq + 1}")
        elif call.is_over:
            self._late(session, call, message)
        else:
            self._apply(session, call, message)

    def progress(self, session: Session, message: wire.Progress) -> None:
        """Pass progress on; the newest is kept."""
        call = self._lossy_call(session, message.assignation, message.attempt)
        if call is None:
            return
        row = ProgressRow(call.id, message.done, message.total, message.message, self._clock.now())
        self._tail.progress(row, call.ephemeral)
        self._recorder.lossy(call, row, progress_message(row, call.attempt))

    def log(self, session: Session, message: wire.Log) -> None:
        """Pass a log line on; the newest are kept."""
        call = self._lossy_call(session, message.assignation, message.attempt)
        if call is None:
            return
        at = message.at.timestamp()
        row = LogRow(call.id, message.level, message.message[:10_000], at, message.dropped)
        self._tail.log(row, call.ephemeral)
        self._recorder.lossy(call, row, log_message(row, call.attempt, self._clock.now()))

    def rejected(self, session: Session, message: wire.Refused) -> None:
        """Assign a call elsewhere that its agent cannot take.  Source: schema/PROTOCOL.md, 4.3."""
        call = self._view.calls.get(message.subject or "")
        if message.message == "Assign" and call is not None and call.agent == session.agent:
            if call.status is Status.BOUND:
                reason = f"its agent refused it: {message.reason}"
                if call.attempt < self._view.nodes[call.node].max_attempts:
                    self._retry(call, reason)
                else:
                    self._end(call, Kind.PARKED, reason)
            elif call.status in {Status.CANCELLING, Status.INTERRUPTING}:
                self._end(call, Kind.CANCELLED, "its agent never started it")

    def lost(self, calls: Iterable[CallView], reason: str) -> None:
        """End, or queue again, the calls of an agent that is gone.  Source: schema/PROTOCOL.md, 7.2."""
        for call in calls:
            if call.is_over:
                self._finish(call)
                continue
            node = self._view.nodes[call.node]
            kind = after_loss(
                call.status,
                sent=call.sent,
                idempotent=node.row.idempotent,
                attempt=call.attempt,
                max_attempts=node.max_attempts,
            )
            if kind is Kind.RETRIED:
                self._retry(call, reason)
            else:
                self._end(call, kind, reason)

    def _apply(self, session: Session, call: CallView, message: Numbered) -> None:
        kind = KINDS[type(message)]
        agent = self._view.agents[call.agent or ""]
        columns: dict[str, Any] = {}
        if isinstance(message, wire.Yield | wire.Done):
            columns["returns"] = message.returns
        elif isinstance(message, wire.Failed):
            columns["error"] = message.error.model_dump(by_alias=True)
        attempt, seq = call.attempt, message.seq

        def stored() -> None:
            call.stored_seq = max(call.stored_seq, seq)
            holder = self._view.session_of(agent.row.id)
            if holder is not None:
                holder.acknowledge(call.id, attempt, seq)

        applied = self._recorder.change(
            call,
            kind,
            agent_epoch=(agent.row.id, agent.epoch),
            seq=seq,
            after=stored,
            **columns,
        )
        if not applied:
            reason = f"{kind.value} cannot happen to a call that is {call.status.value}"
            self._refuse(session, message, ErrorCode.OUT_OF_PLACE, reason)
            return
        call.seq = seq
        if kind in TERMINAL_KINDS:
            self._finish(call)

    def _late(self, session: Session, call: CallView, message: Numbered) -> None:
        """Take the agent's word for a call that ended without it: its credit is free now."""
        call.seq = call.stored_seq = message.seq
        session.acknowledge(call.id, call.attempt, message.seq)
        if KINDS[type(message)] in TERMINAL_KINDS:
            self._finish(call)

    def _end(self, call: CallView, kind: Kind, reason: str) -> None:
        self._recorder.change(call, kind, reason=reason)
        self._finish(call)

    def _finish(self, call: CallView) -> None:
        self._dispatcher.free(call)
        self._view.calls.pop(call.id, None)

    def _retry(self, call: CallView, reason: str) -> None:
        provision = self._view.provisions.get(call.provision or "")
        if provision is not None:
            provision.working.discard(call.id)
        self._recorder.change(call, Kind.RETRIED, reason=reason, unbind=True)
        call.provision = call.agent = None
        self._dispatcher.requeue(call)

    def _lossy_call(self, session: Session, id: str, attempt: int) -> CallView | None:
        call = self._view.calls.get(id)
        if call is None or call.agent != session.agent or call.attempt != attempt or call.is_over:
            return None
        return call

    def _refuse(self, session: Session, message: Numbered, code: ErrorCode, reason: str) -> None:
        receipt = wire.Receipt(
            assignation=message.assignation, attempt=message.attempt, seq=message.seq
        )
        session.refuse(message, code, reason, subject=message.assignation, receipt=receipt)
