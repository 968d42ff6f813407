"""What a call's terminal event means to the program that waits for it: a result, or which error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rekuest.api import enums, wire
from rekuest.errors import (
    AssignationError,
    CancelledAssignationError,
    ExpiredError,
    Failure,
    InterruptedAssignationError,
    LostError,
    ParkedError,
    RejectedError,
    RemoteError,
)
from rekuest.protocol.caller import Refused, Rejected

__all__ = ["ERRORS", "ended_error", "refused_error", "rejected_error"]

_Kind = enums.AssignationEventKind


def _plain(
    error: Callable[..., AssignationError], what: str
) -> Callable[[str, str, wire.AssignationEvent], AssignationError]:
    def make(node: str, assignation: str, event: wire.AssignationEvent) -> AssignationError:
        reason = f": {event.reason}" if event.reason else ""
        return error(f"call {assignation} of node {node!r} {what}{reason}", assignation=assignation)

    return make


def _failed(node: str, assignation: str, event: wire.AssignationEvent) -> AssignationError:
    found = event.error
    if found is None:
        return RemoteError("it said nothing more", type="Exception", assignation=assignation)
    error = RemoteError(
        found.message,
        type=found.type,
        traceback=found.traceback,
        notes=found.notes,
        assignation=assignation,
    )
    for note in found.notes:
        error.add_note(note)
    if found.traceback:
        error.add_note(f"raised by node {node!r}:\n{found.traceback.rstrip()}")
    return error


ERRORS: Final[dict[_Kind, Callable[[str, str, wire.AssignationEvent], AssignationError]]] = {
    _Kind.FAILED: _failed,
    _Kind.CANCELLED: _plain(CancelledAssignationError, "was cancelled"),
    _Kind.INTERRUPTED: _plain(InterruptedAssignationError, "was interrupted"),
    _Kind.EXPIRED: _plain(ExpiredError, "passed its deadline"),
    _Kind.LOST: _plain(LostError, "was lost with its agent, its outcome is unknown"),
    _Kind.PARKED: _plain(ParkedError, "was set aside, as every attempt lost its agent"),
}
"""{terminal kind: makes its error of node name, id and event}; DONE alone is no error."""


def ended_error(node: str, assignation: str, event: wire.AssignationEvent) -> AssignationError:
    """Return the error that a terminal event other than DONE means.

    Args:
        node: The node's name.
        assignation: The call's id.
        event: Of a kind in `ERRORS`.
    """
    return ERRORS[event.kind](node, assignation, event)


def rejected_error(node: str, update: Rejected) -> RejectedError:
    """Return the error of a call that was not stored."""
    failures = [Failure(found.path, found.expected, found.got) for found in update.failures]
    return RejectedError(
        f"call of node {node!r} was rejected: {update.message}",
        code=str(update.code),
        failures=failures,
    )


def refused_error(node: str, update: Refused) -> LostError:
    """Return the error of a call that cannot be followed any more."""
    return LostError(
        f"call {update.assignation} of node {node!r} cannot be followed any more, its outcome is "
        f"unknown: {update.reason}",
        assignation=update.assignation,
    )
