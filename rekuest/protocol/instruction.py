"""What a connection's machine tells the loop that owns the socket to do.  Made by `client` and `server`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from rekuest.api import wire
from rekuest.protocol.closing import CLOSE_CODES

__all__ = ["Authenticate", "Handle", "Opened", "Reply", "Shut", "shut"]

Message = TypeVar("Message", wire.ClientMessage, wire.ServerMessage)

# RFC 6455: a control frame holds 125 bytes, two of them the code.
_REASON_BYTES = 123


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Server: check the token and answer with `ServerConnection.welcome`, or close."""

    hello: wire.Hello


@dataclass(frozen=True, slots=True)
class Opened:
    """Client: the session is open; make an `Outbox` with the limits of the welcome."""

    welcome: wire.Welcome


@dataclass(frozen=True, slots=True)
class Handle(Generic[Message]):
    """Follow a message; it is of its type and in its place."""

    message: Message


@dataclass(frozen=True, slots=True)
class Reply(Generic[Message]):
    """Send a message to the peer."""

    message: Message
    urgent: bool = False  # before everything that waits


@dataclass(frozen=True, slots=True)
class Shut:
    """Close the socket; nothing that arrives later is read."""

    code: int
    reason: str


def shut(name: str, reason: str) -> Shut:
    """Return the closing of a value of `CloseCode`, its reason cut to what a close frame holds."""
    text = reason.encode("utf-8", "replace")[:_REASON_BYTES].decode("utf-8", "ignore")
    return Shut(CLOSE_CODES[name], text)
