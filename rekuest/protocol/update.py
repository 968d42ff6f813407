"""What a message of the server means to the program that called.  Made by `CallerSession`."""

from __future__ import annotations

from dataclasses import dataclass

from rekuest.api import enums, wire

__all__ = [
    "Accepted",
    "ControlRefused",
    "Happened",
    "Refused",
    "Rejected",
    "ReservationChanged",
    "Send",
    "Update",
]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A call is stored, or followed again: it has an id."""

    reference: str
    assignation: str
    status: enums.AssignationStatus


@dataclass(frozen=True, slots=True)
class Rejected:
    """A call was not stored; nothing runs."""

    reference: str
    code: enums.ErrorCode
    message: str
    failures: tuple[wire.PortFailure, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something happened to a call; each stored event comes once, in order, without gaps."""

    reference: str
    assignation: str
    event: wire.AssignationEvent


@dataclass(frozen=True, slots=True)
class Refused:
    """A call cannot be followed any more; what becomes of it is not known here."""

    reference: str | None  # None: it was attached by id
    assignation: str | None  # None: it was attached by reference
    code: enums.ErrorCode
    reason: str


@dataclass(frozen=True, slots=True)
class ControlRefused:
    """A call cannot be cancelled, interrupted, paused or let go on; it goes on as it was."""

    reference: str
    assignation: str
    message: str  # the control's `__typename`
    code: enums.ErrorCode
    reason: str


@dataclass(frozen=True, slots=True)
class ReservationChanged:
    """A reservation is stored, has changed, or has ended."""

    reference: str | None  # None: it was released and is forgotten
    reservation: str | None  # None: it was not stored
    status: enums.ReservationStatus
    reason: str | None  # None: as wanted
    code: enums.ErrorCode | None = None  # why it was refused; None: it was not


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to the server."""

    message: wire.ClientMessage


Update = Accepted | Rejected | Happened | Refused | ControlRefused | ReservationChanged | Send
