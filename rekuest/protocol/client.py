"""The client's end of one connection.  Source: schema/PROTOCOL.md, 1, 2; called by `client.connection`.

NEW → AWAITING_WELCOME → OPEN → CLOSED;  → CLOSED from each
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from rekuest.api import enums, wire
from rekuest.errors import LocalProtocolError, RemoteProtocolError
from rekuest.protocol.codec import open_frame, read_server
from rekuest.protocol.instruction import Shut, shut
from rekuest.protocol.limits import WELCOME_LIMITS
from rekuest.protocol.refusal import refuse, refuse_raw

__all__ = ["ClientConnection", "Handle", "Instruction", "Opened", "Reply", "Shut"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The session is open; make an `Outbox` with the limits of the welcome."""

    welcome: wire.Welcome


@dataclass(frozen=True, slots=True)
class Handle:
    """Follow a message; it is of its type and in its place."""

    message: wire.ServerMessage


@dataclass(frozen=True, slots=True)
class Reply:
    """Send a message to the server."""

    message: wire.ClientMessage
    urgent: bool = False  # before everything that waits: `Outbox.put_urgent`


Instruction = Opened | Handle | Reply | Shut


class _State(Enum):
    NEW = 0
    AWAITING_WELCOME = 1
    OPEN = 2
    CLOSED = 3


class ClientConnection:
    """What the server may do on one connection, and this side's heartbeats.  Not thread-safe."""

    def __init__(self, *, welcome_timeout: float = 10.0) -> None:
        """Start with the handshake done.

        Args:
            welcome_timeout: Seconds of silence after which the server is taken for lost until its
                `Welcome` names the lease.
        """
        self._state = _State.NEW
        self._hello: wire.Hello | None = None
        self._limits = WELCOME_LIMITS
        self._received_at = math.inf  # when the last frame came; infinity before `hello`
        self._lease = welcome_timeout  # seconds of silence that are too many
        self._interval = math.inf  # seconds between heartbeats
        self._beat_at = math.inf  # when the next heartbeat is due
        self._beats = 0  # number of the last heartbeat

    @property
    def is_open(self) -> bool:
        """Whether `Welcome` has come and nothing has closed the connection."""
        return self._state is _State.OPEN

    def hello(self, hello: wire.Hello, now: float) -> list[Instruction]:
        """Introduce this side; return what to send, alone in its frame.  Called once, at first.

        Args:
            hello: Who this is.
            now: A monotonic clock's reading.

        Raises:
            LocalProtocolError: It was called before.
        """
        if self._state is not _State.NEW:
            raise LocalProtocolError("hello() comes once, at first", code="OUT_OF_PLACE")
        self._state = _State.AWAITING_WELCOME
        self._hello = hello
        self._received_at = now
        return [Reply(hello)]

    def receive(self, frame: str | bytes, now: float) -> list[Instruction]:
        """Apply one frame; return what to do, in order.

        Args:
            frame: A text message as text; a binary one as bytes, which closes the connection.
            now: The clock's reading.
        """
        if self._state is _State.CLOSED:
            return []
        self._received_at = now
        instructions: list[Instruction] = []
        try:
            messages = open_frame(frame, self._limits).messages
            if messages and self._state is not _State.OPEN:
                instructions.append(self._open(messages.pop(0), now))
        except RemoteProtocolError as error:
            return [self.shut(error.code, str(error))]
        for found in messages:
            instructions += self._follow(found)
        return instructions

    def tick(self, now: float) -> list[Instruction]:
        """Return what time asks for; to be called when `deadline` has passed, harmless at other times."""
        if self._state is _State.CLOSED:
            return []
        if now >= self._received_at + self._lease:
            return [self.shut("TIMEOUT", f"nothing came for {self._lease:g} s")]
        if now < self._beat_at:
            return []
        self._beats += 1
        self._beat_at = now + self._interval
        return [Reply(wire.Heartbeat(number=self._beats), urgent=True)]

    def deadline(self) -> float:
        """Return when `tick` matters next; infinity if the connection is closed."""
        if self._state is _State.CLOSED:
            return math.inf
        return min(self._beat_at, self._received_at + self._lease)

    def shut(self, name: str, reason: str) -> Shut:
        """Close the connection with a value of `CloseCode`; whatever arrives later is dropped."""
        self._state = _State.CLOSED
        return shut(name, reason)

    def _open(self, found: Any, now: float) -> Instruction:
        """Take the first message, which must be the answer to our `Hello`."""
        try:
            welcome = read_server(found)
        except RemoteProtocolError as error:
            raise RemoteProtocolError(str(error), code="BAD_FRAME") from error
        if self._hello is None or not isinstance(welcome, wire.Welcome):
            raise RemoteProtocolError("the first message is not Welcome", code="BAD_FRAME")
        if welcome.session_id != self._hello.session_id:
            raise RemoteProtocolError("the Welcome is of another session", code="BAD_FRAME")
        if welcome.protocol_version != self._hello.protocol_version:
            raise RemoteProtocolError(
                f"the server speaks protocol version {welcome.protocol_version}, "
                f"not {self._hello.protocol_version}",
                code="UNSUPPORTED_VERSION",
            )
        self._state = _State.OPEN
        self._limits = welcome.limits
        self._lease = welcome.lease_duration
        self._interval = welcome.heartbeat_interval
        self._beat_at = now + self._interval
        return Opened(welcome)

    def _follow(self, found: Any) -> list[Instruction]:
        try:
            message = read_server(found)
        except RemoteProtocolError as error:
            # A Refused is never answered by a Refused (1.7).
            is_refused = found.get("__typename") == "Refused"
            return [] if is_refused else [Reply(refuse_raw(found, error))]
        own = _OWN.get(type(message))
        return [Handle(message)] if own is None else own(self, message)

    def _on_heartbeat(self, message: wire.Heartbeat) -> list[Instruction]:
        if 1 <= message.number <= self._beats:
            return []
        reason = f"heartbeat {message.number} was not sent"
        return [Reply(refuse(message, enums.ErrorCode.OUT_OF_PLACE, reason))]

    def _on_welcome(self, message: wire.Welcome) -> list[Instruction]:
        reason = "the session is open already; Welcome comes once"
        return [Reply(refuse(message, enums.ErrorCode.OUT_OF_PLACE, reason))]


# Messages that the connection itself answers; all others are handled by caller and agent.
_OWN: Final[dict[type[BaseModel], Callable[[ClientConnection, Any], list[Instruction]]]] = {
    wire.Heartbeat: ClientConnection._on_heartbeat,
    wire.Welcome: ClientConnection._on_welcome,
}
