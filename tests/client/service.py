"""A service in miniature, for tests: keeps calls and their events, runs five nodes by their names.

echo       gives back its argument `x`
fail       raises a ValueError
wait       runs until it is cancelled
stubborn   runs, and does not end when it is cancelled
count      yields 0, 1, …, n - 1
hold       accepts nothing: no answer ever comes
reject     is refused, for its arguments do not fit
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rekuest.api import enums, wire
from tests.client.session_server import Peer, SessionServer

_Kind = enums.AssignationEventKind
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@dataclass
class Record:
    """One call."""

    id: str
    call: wire.Call
    events: list[wire.AssignationEvent] = field(default_factory=list)  # stored ones
    followers: list[Peer] = field(default_factory=list)


class Service:
    """What a server would do with the messages of callers."""

    def __init__(self, server: SessionServer) -> None:
        self.server = server
        self.records: dict[str, Record] = {}  # by reference
        self.reserves: list[wire.Reserve] = []
        self.messages: list[wire.ClientMessage] = []
        self.on_any: Callable[[wire.ClientMessage], None] = lambda message: None
        server.on_message = self.follow

    def follow(self, peer: Peer, message: wire.ClientMessage) -> None:
        """Follow one message."""
        self.messages.append(message)
        match message:
            case wire.Call():
                self._call(peer, message)
            case wire.Attach():
                self._attach(peer, message)
            case wire.Detach(assignation=assignation):
                self._by_id(assignation).followers.remove(peer)
            case wire.Cancel(assignation=assignation):
                self._cancel(self._by_id(assignation))
            case wire.Reserve():
                self._reserve(peer, message)
            case wire.Release(reservation=reservation):
                peer.send(wire.Released(reservation=reservation))
        self.on_any(message)

    def happen(self, record: Record, kind: _Kind, **fields: Any) -> None:
        """Let something happen to a call; its followers are told."""
        number = None if kind in (_Kind.PROGRESS, _Kind.LOG) else len(record.events) + 1
        event = wire.AssignationEvent(number=number, kind=kind, attempt=1, at=NOW, **fields)
        if number is not None:
            record.events.append(event)
        for peer in record.followers:
            if not peer.closed.is_set():
                peer.send(wire.Event(assignation=record.id, event=event))

    def _by_id(self, assignation: str) -> Record:
        return next(it for it in self.records.values() if it.id == assignation)

    def _call(self, peer: Peer, call: wire.Call) -> None:
        if call.node == "reject":
            failure = wire.PortFailure(path="x", expected="INT", got="STRING 'a'")
            code, reason = enums.ErrorCode.INVALID_ARGS, "x: expected INT, got STRING 'a'"
            peer.send(
                wire.CallRejected(
                    reference=call.reference, code=code, message=reason, failures=[failure]
                )
            )
            return
        known = call.reference in self.records
        record = self.records.setdefault(call.reference, Record(f"a{len(self.records) + 1}", call))
        if call.node == "hold":
            return
        if not known:
            self.happen(record, _Kind.QUEUED)
        record.followers.append(peer)
        status = enums.AssignationStatus.QUEUED
        number = len(record.events)
        peer.send(
            wire.CallAccepted(
                reference=call.reference, assignation=record.id, status=status, number=number
            )
        )
        if not known:
            self.happen(record, _Kind.ACCEPTED)
            run = _NODES.get(call.node or "echo")
            if run is not None:
                run(self, record)

    def _attach(self, peer: Peer, attach: wire.Attach) -> None:
        if attach.reference is not None:
            record = self.records[attach.reference]
        else:
            record = self._by_id(attach.assignation or "")
        if peer not in record.followers:
            record.followers.append(peer)
        status = enums.AssignationStatus.RUNNING
        peer.send(
            wire.Attached(
                assignation=record.id,
                reference=record.call.reference,
                status=status,
                number=len(record.events),
            ),
            *(
                wire.Event(assignation=record.id, event=event)
                for event in record.events[attach.after :]
            ),
        )

    def _cancel(self, record: Record) -> None:
        self.happen(record, _Kind.CANCELLING)
        if record.call.node != "stubborn":
            self.happen(record, _Kind.CANCELLED, reason="its caller asked for it")

    def _reserve(self, peer: Peer, reserve: wire.Reserve) -> None:
        self.reserves.append(reserve)
        if reserve.node == "reject":
            code, reason = enums.ErrorCode.NO_AGENT, "nobody provides it"
            peer.send(
                wire.Refused(message="Reserve", subject=reserve.reference, code=code, reason=reason)
            )
            return
        peer.send(
            wire.Reserved(
                reference=reserve.reference,
                reservation=f"r{len(self.reserves)}",
                status=enums.ReservationStatus.ACTIVE,
            )
        )

    def _echo(self, record: Record) -> None:
        progress = wire.ProgressInfo(done=0.5, message="halfway")
        line = wire.LogLine(level=enums.LogLevel.INFO, message="hello", at=NOW, dropped=0)
        self.happen(record, _Kind.PROGRESS, progress=progress)
        self.happen(record, _Kind.LOG, log=line)
        self.happen(record, _Kind.DONE, returns={"return": record.call.args.get("x")})

    def _fail(self, record: Record) -> None:
        error = wire.ExceptionInfo(
            type="ValueError", message="no such stage", traceback="in move()", notes=["try home"]
        )
        self.happen(record, _Kind.FAILED, error=error)

    def _count(self, record: Record) -> None:
        for number in range(record.call.args["n"]):
            self.happen(record, _Kind.YIELD, returns={"return": number})
        if not record.call.args.get("forever"):
            self.happen(record, _Kind.DONE)


_NODES: dict[str, Callable[[Service, Record], None]] = {
    "echo": Service._echo,
    "fail": Service._fail,
    "count": Service._count,
}
