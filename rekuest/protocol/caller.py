"""The caller's side of its calls, across connections, without I/O.  Source: schema/PROTOCOL.md, 5, 7.4.

`client.caller` sends what is returned and hands updates to whoever waits for the call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from rekuest.api import enums, wire
from rekuest.errors import LocalProtocolError
from rekuest.protocol.reserving import Reservations
from rekuest.protocol.update import (
    Accepted,
    ControlRefused,
    Happened,
    Refused,
    Rejected,
    ReservationChanged,
    Send,
    Update,
)

__all__ = [
    "Accepted",
    "CallerSession",
    "ControlRefused",
    "Happened",
    "Refused",
    "Rejected",
    "ReservationChanged",
    "Send",
    "TERMINAL_KINDS",
    "Update",
]

_Kind = enums.AssignationEventKind
_Status = enums.AssignationStatus

TERMINAL_KINDS: Final = frozenset(
    {
        _Kind.DONE,
        _Kind.FAILED,
        _Kind.CANCELLED,
        _Kind.INTERRUPTED,
        _Kind.EXPIRED,
        _Kind.LOST,
        _Kind.PARKED,
    }
)
"""Kinds of events that nothing follows."""

# A call that stands there has given no value yet, so that its first events may be summed up.
_FRESH: Final = frozenset({_Status.QUEUED, _Status.BOUND})
_FRESH_EVENTS: Final = 2  # QUEUED and BOUND

_Control = wire.Cancel | wire.Interrupt | wire.Pause | wire.Resume | wire.Step
_AnyControl = TypeVar(
    "_AnyControl", wire.Cancel, wire.Interrupt, wire.Pause, wire.Resume, wire.Step
)

# What shows that a control was followed: sent again after a reconnect until then.  A pause is not:
# nobody wants a call held that was let go on meanwhile.
_ANSWERS: Final[dict[type[_Control], frozenset[_Kind]]] = {
    wire.Cancel: frozenset({_Kind.CANCELLING, _Kind.INTERRUPTING}),
    wire.Interrupt: frozenset({_Kind.INTERRUPTING}),
}


@dataclass(slots=True)
class _Followed:
    """One call that this session made or follows."""

    reference: str | None  # None: attached by id, and not answered yet
    call: wire.Call | None = None  # to be sent until it is answered; None: attached, or answered
    assignation: str | None = None  # None: not answered yet
    number: int = 0  # of the last event that was passed on
    is_catching_up: bool = (
        False  # an `Attach` is under way; events before its answer may leave gaps
    )
    controls: list[type[_Control]] = field(default_factory=list)  # asked for and not answered


class CallerSession:
    """The calls and reservations of one session.  Not thread-safe.

    It lives as long as the client's process; connections come and go.  Of each call it passes every
    stored event on once, in order and without gaps, up to and including the terminal one.
    """

    def __init__(self) -> None:
        self._calls: dict[str, _Followed] = {}  # by reference, as far as it is known
        self._unanswered: dict[str, _Followed] = {}  # by reference, oldest first
        self._followed: dict[str, _Followed] = {}  # by assignation
        self._reservations = Reservations()

    # What the program asks for; each returns the message to send

    def call(self, call: wire.Call) -> wire.Call:
        """Make a call; sent again after a reconnect until it is answered.

        Raises:
            LocalProtocolError: A call of this reference is under way in this session.
        """
        self._claim(_Followed(call.reference, call), call.reference)
        return call

    def attach(self, assignation: str, *, after: int = 0) -> wire.Attach:
        """Follow a call by its id, from the event after a cursor on."""
        followed = self._followed.setdefault(assignation, _Followed(None, assignation=assignation))
        followed.number = after
        return self._attach_again(followed)

    def attach_reference(self, reference: str, *, after: int = 0) -> wire.Attach:
        """Follow a call by the reference it was made with, from the event after a cursor on.

        Raises:
            LocalProtocolError: A call of this reference is under way in this session.
        """
        followed = _Followed(reference, number=after)
        self._claim(followed, reference)
        return self._attach_again(followed)

    def detach(self, assignation: str) -> wire.Detach:
        """Stop following a call; it goes on."""
        self._forget(self._followed.get(assignation))
        return wire.Detach(assignation=assignation)

    def forget(self, reference: str) -> None:
        """Drop a call that could not be sent, or that nobody waits for."""
        self._forget(self._calls.get(reference))

    def cancel(self, reference: str) -> wire.Cancel | None:
        """Ask a call to end politely.

        Returns:
            What to send now; None if the call is not answered yet (then it is sent with the answer) or
            has ended.
        """
        return self._control(reference, wire.Cancel)

    def interrupt(self, reference: str) -> wire.Interrupt | None:
        """End a call by force; otherwise as `cancel`."""
        return self._control(reference, wire.Interrupt)

    def pause(self, reference: str) -> wire.Pause | None:
        """Hold a call at its next breakpoint; otherwise as `cancel`."""
        return self._control(reference, wire.Pause)

    def resume(self, reference: str) -> wire.Resume | None:
        """Let a paused call go on; otherwise as `cancel`."""
        return self._control(reference, wire.Resume)

    def step(self, reference: str) -> wire.Step | None:
        """Let a paused call go on to its next breakpoint; otherwise as `cancel`."""
        return self._control(reference, wire.Step)

    def reserve(self, reserve: wire.Reserve) -> wire.Reserve:
        """Ask for a reservation; asked for again after a reconnect as long as it is not released."""
        return self._reservations.reserve(reserve)

    def release(self, reservation: str) -> wire.Release:
        """End a reservation; sent again after a reconnect until it is answered."""
        return self._reservations.release(reservation)

    # What the server says

    def opened(self, welcome: wire.Welcome) -> list[wire.ClientMessage]:
        """Return what to send first on a new connection.  Source: 7.4.

        Reservations come first, because calls may go through them.
        """
        messages = self._reservations.opened(welcome)
        for followed in self._unanswered.values():
            messages.append(followed.call or self._attach_again(followed))
        for assignation, followed in self._followed.items():
            messages.append(self._attach_again(followed))
            messages += [control(assignation=assignation) for control in followed.controls]
        return messages

    def receive(self, message: BaseModel) -> list[Update]:
        """Apply one message of the server; return what it means to the program, in order.

        Messages that are no business of a caller ask for nothing here.
        """
        method = _RECEIVERS.get(type(message))
        if method is None:
            return self._reservations.receive(message)
        return method(self, message)

    def _on_accepted(self, message: wire.CallAccepted) -> list[Update]:
        followed = self._unanswered.get(message.reference)
        if followed is None:
            return []
        updates = self._answered(followed, message)
        if message.status in _FRESH and message.number <= _FRESH_EVENTS:
            followed.number = message.number
        else:
            # The call was known: what `status` sums up may hold values, so all of it is asked for.
            updates.append(Send(self._attach_again(followed)))
        return updates + self._send_controls(followed)

    def _on_rejected(self, message: wire.CallRejected) -> list[Update]:
        failures = tuple(message.failures)
        return self._reject(message.reference, message.code, message.message, failures)

    def _on_attached(self, message: wire.Attached) -> list[Update]:
        followed = self._followed.get(message.assignation) or self._unanswered.get(
            message.reference
        )
        if followed is None or followed.call is not None:
            return []
        followed.is_catching_up = False
        if followed.reference is not None and followed.assignation is not None:
            return []
        return [*self._answered(followed, message), *self._send_controls(followed)]

    def _on_event(self, message: wire.Event) -> list[Update]:
        followed = self._followed.get(message.assignation)
        if followed is None or followed.is_catching_up or followed.reference is None:
            return []
        event = message.event
        happened = Happened(followed.reference, message.assignation, event)
        if event.number is None:
            return [happened]
        if event.number <= followed.number:
            return []
        if event.number > followed.number + 1:
            return [Send(self._attach_again(followed))]
        followed.number = event.number
        if followed.controls:
            followed.controls = [
                control for control in followed.controls if event.kind not in _ANSWERS[control]
            ]
        if event.kind in TERMINAL_KINDS:
            self._forget(followed)
        return [happened]

    def _on_refused(self, message: wire.Refused) -> list[Update]:
        method = _REFUSALS.get(message.message or "")
        if method is None:
            return self._reservations.receive(message)
        return [] if message.subject is None else method(self, message, message.subject)

    def _refused_call(self, message: wire.Refused, subject: str) -> list[Update]:
        return self._reject(subject, message.code, message.reason, ())

    def _refused_attach(self, message: wire.Refused, subject: str) -> list[Update]:
        """Give a call up that cannot be followed: it is gone, or somebody else's."""
        followed = self._followed.get(subject) or self._unanswered.get(subject)
        if followed is None:
            return []
        self._forget(followed)
        return [Refused(followed.reference, followed.assignation, message.code, message.reason)]

    def _refused_control(self, message: wire.Refused, subject: str) -> list[Update]:
        followed = self._followed.get(subject)
        if followed is None or followed.reference is None:
            return []
        tag = message.message or ""
        followed.controls = [one for one in followed.controls if one.__name__ != tag]
        return [ControlRefused(followed.reference, subject, tag, message.code, message.reason)]

    # What is kept of each call

    def _claim(self, followed: _Followed, reference: str) -> None:
        if reference in self._calls:
            raise LocalProtocolError(
                f"reference {reference!r} is in use by a call of this session; give each its own",
                code="CONFLICT",
            )
        self._calls[reference] = self._unanswered[reference] = followed

    def _answered(
        self, followed: _Followed, message: wire.CallAccepted | wire.Attached
    ) -> list[Update]:
        """Learn a call's id or reference."""
        followed.call = None
        followed.reference = message.reference
        followed.assignation = message.assignation
        self._unanswered.pop(message.reference, None)
        self._calls[message.reference] = followed
        self._followed[message.assignation] = followed
        return [Accepted(message.reference, message.assignation, message.status)]

    def _reject(
        self,
        reference: str,
        code: enums.ErrorCode,
        reason: str,
        failures: tuple[wire.PortFailure, ...],
    ) -> list[Update]:
        followed = self._unanswered.get(reference)
        if followed is None:
            return []
        self._forget(followed)
        return [Rejected(reference, code, reason, failures)]

    def _forget(self, followed: _Followed | None) -> None:
        if followed is None:
            return
        if followed.reference is not None:
            self._calls.pop(followed.reference, None)
            self._unanswered.pop(followed.reference, None)
        if followed.assignation is not None:
            self._followed.pop(followed.assignation, None)

    def _attach_again(self, followed: _Followed) -> wire.Attach:
        """Ask for everything after the cursor."""
        followed.is_catching_up = True
        if followed.assignation is None:
            return wire.Attach(reference=followed.reference, after=followed.number)
        return wire.Attach(assignation=followed.assignation, after=followed.number)

    def _control(self, reference: str, control: type[_AnyControl]) -> _AnyControl | None:
        followed = self._calls.get(reference)
        if followed is None:
            return None
        is_kept = control in _ANSWERS or followed.assignation is None
        if is_kept and control not in followed.controls:
            followed.controls.append(control)
        if followed.assignation is None:
            return None
        return control(assignation=followed.assignation)

    def _send_controls(self, followed: _Followed) -> list[Update]:
        """Send what was asked for before the call had an id."""
        assert followed.assignation is not None  # it was answered
        controls = [control(assignation=followed.assignation) for control in followed.controls]
        followed.controls = [control for control in followed.controls if control in _ANSWERS]
        return [Send(control) for control in controls]


_RECEIVERS: Final[dict[type[BaseModel], Callable[[CallerSession, Any], list[Update]]]] = {
    wire.CallAccepted: CallerSession._on_accepted,
    wire.CallRejected: CallerSession._on_rejected,
    wire.Attached: CallerSession._on_attached,
    wire.Event: CallerSession._on_event,
    wire.Refused: CallerSession._on_refused,
}

# {message that was refused: what that means}
_REFUSALS: Final[dict[str, Callable[[CallerSession, wire.Refused, str], list[Update]]]] = {
    "Call": CallerSession._refused_call,
    "Attach": CallerSession._refused_attach,
    "Cancel": CallerSession._refused_control,
    "Interrupt": CallerSession._refused_control,
    "Pause": CallerSession._refused_control,
    "Resume": CallerSession._refused_control,
    "Step": CallerSession._refused_control,
}
