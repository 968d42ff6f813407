"""The server's end of one connection.  Source: schema/PROTOCOL.md, 1, 2; called by the gateway.

AWAITING_HELLO → AUTHENTICATING → OPEN → CLOSED;  → CLOSED from each
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
from rekuest.protocol.codec import Frame, encode_bytes, open_frame, read_client, read_hello
from rekuest.protocol.instruction import Shut, shut
from rekuest.protocol.limits import HELLO_LIMITS, envelope_bytes, nests_deeper
from rekuest.protocol.refusal import refuse, refuse_raw

__all__ = [
    "PROTOCOL_VERSION",
    "Authenticate",
    "Handle",
    "Instruction",
    "Reply",
    "ServerConnection",
    "Shut",
]

PROTOCOL_VERSION: Final = 1
# A new token is asked for this long before the present one expires, or at half time if that is later.
_REAUTH_LEAD: Final = 60.0


# What the server puts into a larger message before it passes it on.
_PASSED_ON: Final = frozenset({wire.Call, wire.Yield, wire.Done, wire.Failed})


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Check the token and answer with `ServerConnection.welcome`, or close."""

    hello: wire.Hello


@dataclass(frozen=True, slots=True)
class Handle:
    """Follow a message; it is of its type and in its place."""

    message: wire.ClientMessage


@dataclass(frozen=True, slots=True)
class Reply:
    """Send a message to the client."""

    message: wire.ServerMessage
    urgent: bool = False  # before everything that waits: `Outbox.put_urgent`


Instruction = Authenticate | Handle | Reply | Shut


class _State(Enum):
    AWAITING_HELLO = 1
    AUTHENTICATING = 2
    OPEN = 3
    CLOSED = 4


class ServerConnection:
    """What one client may do on one connection.  Not thread-safe."""

    def __init__(self, now: float, *, hello_timeout: float = 5.0) -> None:
        """Start with the handshake done.

        Args:
            now: A monotonic clock's reading.
            hello_timeout: Seconds within which `Hello` has to come.
        """
        self._state = _State.AWAITING_HELLO
        self._limits = HELLO_LIMITS
        self._hello_deadline = now + hello_timeout
        self._received_at = now
        self._lease = math.inf  # seconds of silence that are too many
        self._beats = 0  # the client's last heartbeat
        self._reauth_at = math.inf  # when to ask for a new token
        self._expires_at = math.inf  # when the present token expires

    @property
    def is_open(self) -> bool:
        """Whether the session is open: `Welcome` was sent and nothing has closed it."""
        return self._state is _State.OPEN

    def receive(self, frame: str | bytes, now: float) -> list[Instruction]:
        """Apply one frame; return what to do, in order.

        Args:
            frame: A text message as text; a binary one as bytes, which closes the connection.
            now: The clock's reading.
        """
        if self._state is _State.CLOSED:
            return []
        self._received_at = now
        try:
            opened = open_frame(frame, self._limits)
        except RemoteProtocolError as error:
            return [self.shut(error.code, str(error))]
        return _RECEIVERS[self._state](self, opened)

    def welcome(self, welcome: wire.Welcome, now: float) -> list[Instruction]:
        """Open the session; return what to send.  Called once, after `Authenticate`.

        Raises:
            LocalProtocolError: No `Hello` is waiting for its answer.
        """
        if self._state is _State.CLOSED:
            return []
        if self._state is not _State.AUTHENTICATING:
            raise LocalProtocolError(
                "welcome() comes once, after Authenticate", code="OUT_OF_PLACE"
            )
        self._state = _State.OPEN
        self._limits = welcome.limits
        self._received_at = now
        self._lease = welcome.lease_duration
        self._expect_expiry(welcome.token_expires_in, now)
        return [Reply(welcome)]

    def reauthenticated(self, expires_in: float | None, now: float) -> list[Instruction]:
        """Take the client's new token as good; return what to send.

        Args:
            expires_in: Seconds until it expires; None: it does not.
            now: The clock's reading.
        """
        self._expect_expiry(expires_in, now)
        return [Reply(wire.Reauthenticated(expires_in=expires_in))]

    def heard(self, now: float) -> None:
        """Note that the peer is not silent: what it sent waits for its turn, and the lease must not run meanwhile."""
        self._received_at = max(self._received_at, now)

    def tick(self, now: float) -> list[Instruction]:
        """Return what time asks for; to be called when `deadline` has passed, harmless at other times."""
        if self._state is _State.AWAITING_HELLO and now >= self._hello_deadline:
            return [self.shut("TIMEOUT", "no Hello came in time")]
        if self._state is not _State.OPEN:
            return []
        if now >= self._received_at + self._lease:
            return [self.shut("TIMEOUT", f"nothing came for {self._lease:g} s")]
        if now >= self._expires_at:
            return [self.shut("UNAUTHENTICATED", "the token has expired")]
        if now >= self._reauth_at:
            self._reauth_at = math.inf
            return [Reply(wire.ReauthRequired(expires_in=self._expires_at - now))]
        return []

    def deadline(self) -> float:
        """Return when `tick` matters next; infinity if only a frame can change anything."""
        if self._state is _State.AWAITING_HELLO:
            return self._hello_deadline
        if self._state is _State.OPEN:
            return min(self._received_at + self._lease, self._expires_at, self._reauth_at)
        return math.inf

    def shut(self, name: str, reason: str) -> Shut:
        """Close the connection with a value of `CloseCode`; whatever arrives later is dropped."""
        self._state = _State.CLOSED
        return shut(name, reason)

    def _expect_expiry(self, expires_in: float | None, now: float) -> None:
        if expires_in is None:
            self._expires_at = self._reauth_at = math.inf
            return
        self._expires_at = now + expires_in
        self._reauth_at = now + max(expires_in - _REAUTH_LEAD, expires_in / 2)

    def _receive_hello(self, frame: Frame) -> list[Instruction]:
        if not frame.messages:
            return []
        found = frame.messages[0]
        if found.get("__typename") != "Hello":
            return [self.shut("BAD_FRAME", "the first message is not Hello")]
        version = found.get("protocolVersion")
        # Before the fields: those of another version are not ours to judge.
        if type(version) is int and version != PROTOCOL_VERSION:
            reason = f"protocol version {version} is not spoken here; this is {PROTOCOL_VERSION}"
            return [self.shut("UNSUPPORTED_VERSION", reason)]
        try:
            hello = read_hello(found)
        except RemoteProtocolError as error:
            return [self.shut("BAD_FRAME", str(error))]
        self._state = _State.AUTHENTICATING
        return [Authenticate(hello)]

    def _receive_early(self, frame: Frame) -> list[Instruction]:
        if not frame.messages:
            return []
        return [self.shut("BAD_FRAME", "a message came before Welcome was sent")]

    def _receive_open(self, frame: Frame) -> list[Instruction]:
        instructions: list[Instruction] = []
        is_large = (
            frame.size > self._limits.frame_bytes - envelope_bytes(self._limits)
            or frame.depth >= self._limits.depth
        )
        for found in frame.messages:
            try:
                message = read_client(found)
                if is_large:
                    self._check_passed_on(message, found)
            except RemoteProtocolError as error:
                # A Refused is never answered by a Refused (1.7).
                if found.get("__typename") != "Refused":
                    instructions.append(Reply(refuse_raw(found, error)))
                continue
            own = _OWN.get(type(message))
            instructions.append(Handle(message) if own is None else own(self, message))
        return instructions

    def _check_passed_on(self, message: BaseModel, found: Any) -> None:
        """Refuse what fits its own frame but not the message that it would be passed on in."""
        if type(message) not in _PASSED_ON:
            return
        limit = self._limits.frame_bytes - envelope_bytes(self._limits) - 2
        if nests_deeper(found, self._limits.depth - 2) or len(encode_bytes(message)) > limit:
            raise RemoteProtocolError(
                f"the message is too large to be passed on: at most {limit} bytes and "
                f"{self._limits.depth - 2} levels; return a structure",
                code="LIMIT_EXCEEDED",
            )

    def _on_heartbeat(self, message: wire.Heartbeat) -> Instruction:
        if message.number != self._beats + 1:
            reason = f"heartbeat {self._beats + 1} was due, not {message.number}"
            return Reply(refuse(message, enums.ErrorCode.OUT_OF_PLACE, reason))
        self._beats = message.number
        return Reply(message, urgent=True)

    def _on_hello(self, message: wire.Hello) -> Instruction:
        reason = "the session is open already; Hello comes once"
        return Reply(refuse(message, enums.ErrorCode.OUT_OF_PLACE, reason))


_RECEIVERS: Final[dict[_State, Callable[[ServerConnection, Frame], list[Instruction]]]] = {
    _State.AWAITING_HELLO: ServerConnection._receive_hello,
    _State.AUTHENTICATING: ServerConnection._receive_early,
    _State.OPEN: ServerConnection._receive_open,
}

# Messages that the connection itself answers; all others are handled by the service.
_OWN: Final[dict[type[BaseModel], Callable[[ServerConnection, Any], Instruction]]] = {
    wire.Heartbeat: ServerConnection._on_heartbeat,
    wire.Hello: ServerConnection._on_hello,
}
