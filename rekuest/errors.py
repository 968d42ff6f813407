"""Every error that rekuest raises, in one tree.

    RekuestError
    ├── UsageError                 the program used the library in a way that cannot work
    ├── DefinitionError            a function cannot be registered as it is written
    ├── StructureError             two classes claim one structure identifier, or none is known
    ├── ShrinkError                values do not fit the ports they are sent through
    ├── ExpandError                wire values do not fit the ports they arrive through
    ├── ProtocolError
    │   ├── LocalProtocolError     this side broke the rules of the socket
    │   └── RemoteProtocolError    the peer broke the rules of the socket
    ├── TransportError             the server cannot be reached, or the connection was lost
    ├── AuthError                  no credentials, or the server does not accept them
    ├── ServerError                the server answered a request with an error
    ├── AssignationError           a call did not end with its result
    │   ├── RejectedError          the server did not accept the call
    │   ├── RemoteError            the function raised; carries type, message, traceback
    │   ├── CancelledAssignationError
    │   ├── InterruptedAssignationError
    │   ├── ExpiredError           the call's deadline passed
    │   ├── LostError              the outcome is unknown: the agent was lost with the call
    │   └── ParkedError            every attempt failed with its agent; the call was set aside
    │
    │   inside the server only, where they are defined (`server/store/errors.py`, `server/service/errors.py`):
    ├── StoreError                 the record could not be opened, read or written
    │   └── CursorError            a cursor is not one that the list gave out
    └── RejectionError             the service does not do what it was asked

Data are attributes; the text is built from them.  Used by every layer, imports none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "AssignationError",
    "AuthError",
    "CancelledAssignationError",
    "DefinitionError",
    "ExpandError",
    "ExpiredError",
    "Failure",
    "InterruptedAssignationError",
    "LocalProtocolError",
    "LostError",
    "ParkedError",
    "ProtocolError",
    "RejectedError",
    "RekuestError",
    "RemoteError",
    "RemoteProtocolError",
    "ServerError",
    "ShrinkError",
    "StructureError",
    "TransportError",
    "UsageError",
]


class RekuestError(Exception):
    """The root: everything that rekuest itself raises is one of these."""


class UsageError(RekuestError):
    """The library was used in a way that cannot work; the message says what to do instead."""


class DefinitionError(RekuestError):
    """A function cannot be registered as it is written; names file, line, parameter and the fix."""


class StructureError(RekuestError):
    """A structure identifier is claimed twice, or is not known here."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One value that does not fit its port."""

    path: str  # port key, then indices and keys: "images[3].title"
    expected: str  # what the port takes, in the words of the schema
    got: str  # the kind of the value, never the value of a secret: "STRING '5'"

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, got {self.got}"


class _ValuesError(RekuestError):
    """Values and ports disagree; `failures` lists every disagreement of one call."""

    verb = "pass"

    def __init__(self, node: str, failures: Sequence[Failure]) -> None:
        self.node = node  # the node's name, as its people know it
        self.failures = tuple(failures)  # in port order, at least one
        listed = "; ".join(str(failure) for failure in self.failures)
        super().__init__(f"cannot {self.verb} values of node {node!r}: {listed}")


class ShrinkError(_ValuesError):
    """Values cannot be turned into their wire form."""

    verb = "shrink"


class ExpandError(_ValuesError):
    """Wire values cannot be turned into the values that a function takes or gives."""

    verb = "expand"


class ProtocolError(RekuestError):
    """The rules of the socket were broken.  Source: schema/PROTOCOL.md."""

    def __init__(self, message: str, *, code: str = "BAD_MESSAGE") -> None:
        self.code = code  # a value of CloseCode or ErrorCode in schema/session.graphql
        super().__init__(message)


class LocalProtocolError(ProtocolError):
    """This side tried to break the rules of the socket."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the rules of the socket."""


class TransportError(RekuestError):
    """The server cannot be reached, or the connection to it was lost."""


class AuthError(RekuestError):
    """There are no credentials, or the server does not accept them."""


class ServerError(RekuestError):
    """The server answered a request with an error."""

    def __init__(self, message: str, *, code: str | None = None, path: str | None = None) -> None:
        self.code = code  # a value of ErrorCode, None if the server gave none
        self.path = path  # where in the response, dotted; None for the whole request
        super().__init__(message)


class AssignationError(RekuestError):
    """A call did not end with its result."""

    def __init__(self, message: str, *, assignation: str | None = None) -> None:
        self.assignation = assignation  # the call's id; None if it never got one
        super().__init__(message)


class RejectedError(AssignationError):
    """The server did not accept the call, so nothing ran."""

    def __init__(self, message: str, *, code: str, failures: Sequence[Failure] = ()) -> None:
        self.code = code  # a value of ErrorCode
        self.failures = tuple(failures)  # arguments that do not fit their ports
        super().__init__(message)


class RemoteError(AssignationError):
    """The function raised.  Nothing of the remote exception is unpickled: it travels as text."""

    def __init__(
        self,
        message: str,
        *,
        type: str,
        traceback: str | None = None,
        notes: Sequence[str] = (),
        assignation: str | None = None,
    ) -> None:
        self.type = type  # qualified name of the remote exception class
        self.message = message  # str() of the remote exception
        self.traceback = traceback  # text, frames of the user's code; None if there is none
        self.notes = tuple(notes)  # what add_note() said
        super().__init__(f"{type}: {message}", assignation=assignation)


class CancelledAssignationError(AssignationError):
    """The call was cancelled."""


class InterruptedAssignationError(AssignationError):
    """The call was interrupted."""


class ExpiredError(AssignationError):
    """The call's deadline passed before it ended."""


class LostError(AssignationError):
    """The outcome is unknown: the agent was lost while it worked on the call."""


class ParkedError(AssignationError):
    """Every attempt ended with a lost agent; the call was set aside for a person to look at."""
