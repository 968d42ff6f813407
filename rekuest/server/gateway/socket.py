"""One socket at `/session`: carries frames between Starlette and the protocol machine, messages to the service.

Nothing is decided here.  Three tasks share a socket: one reads, one writes whatever waits as one frame, one watches
the machine's deadlines.  Source: schema/PROTOCOL.md, 1, 2.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from rekuest.api import wire
from rekuest.api.enums import ErrorCode
from rekuest.clock import Clock
from rekuest.errors import LocalProtocolError, RekuestError
from rekuest.protocol.closing import CLOSE_CODES
from rekuest.protocol.outbox import Outbox
from rekuest.protocol.server import (
    PROTOCOL_VERSION,
    Authenticate,
    Handle,
    Instruction,
    Reply,
    ServerConnection,
    Shut,
)
from rekuest.server.domain.principal import Principal
from rekuest.server.service.service import Service
from rekuest.server.service.session import Session

__all__ = ["Authenticator", "SessionEndpoint", "SocketRules"]

logger = logging.getLogger(__name__)

SUBPROTOCOL = "rekuest.v1"

# (token, app identifier) -> who that is; raises a RekuestError with `code` if nobody.
Authenticator = Callable[[str, str | None], Awaitable[Principal]]


@dataclass(frozen=True, slots=True)
class SocketRules:
    """What a socket keeps to; durations are seconds."""

    limits: wire.Limits
    server_version: str
    heartbeat_interval: float = 5.0
    lease_duration: float = 10.0
    hello_timeout: float = 5.0
    backlog_bytes: int = 16 << 20  # more than this waiting for a peer that does not read closes it
    origins: frozenset[str] = frozenset()  # browsers' origins that may connect, besides none at all


class SessionEndpoint:
    """The ASGI endpoint of `/session`."""

    def __init__(
        self, service: Service, authenticate: Authenticator, clock: Clock, rules: SocketRules
    ) -> None:
        self._service = service
        self._authenticate = authenticate
        self._clock = clock
        self._rules = rules
        self._open: set[_Socket] = set()

    async def __call__(self, websocket: WebSocket) -> None:
        """Serve one socket until it closes."""
        origin = websocket.headers.get("origin")
        offered = websocket.scope.get("subprotocols") or []
        if SUBPROTOCOL not in offered or (origin is not None and origin not in self._rules.origins):
            await websocket.close(1002)
            return
        await websocket.accept(subprotocol=SUBPROTOCOL)
        socket = _Socket(websocket, self._service, self._authenticate, self._clock, self._rules)
        self._open.add(socket)
        try:
            await socket.run()
        finally:
            self._open.discard(socket)

    def going_away(self, retry_after: float) -> None:
        """Ask every client to reconnect, then close its socket.  Source: schema/PROTOCOL.md, 2.10."""
        for socket in list(self._open):
            socket.send(wire.GoingAway(retry_after=retry_after))
            socket.close(1001, "the server is going away")


class _Socket:
    """One accepted socket; the `Link` of its session."""

    def __init__(
        self,
        websocket: WebSocket,
        service: Service,
        authenticate: Authenticator,
        clock: Clock,
        rules: SocketRules,
    ) -> None:
        self._websocket = websocket
        self._service = service
        self._authenticate = authenticate
        self._clock = clock
        self._rules = rules
        self._connection = ServerConnection(clock.monotonic(), hello_timeout=rules.hello_timeout)
        self._outbox = Outbox(rules.limits, rules.backlog_bytes)
        self._receipts: dict[tuple[str, int], wire.Receipt] = {}
        self._wake = asyncio.Event()
        self._opened = asyncio.Event()
        self._shut: tuple[int, str] | None = None  # close with this after what is queued
        self._session: Session | None = None

    # The service's side

    def send(self, message: wire.ServerMessage) -> None:
        """Queue a message."""
        try:
            self._outbox.put(message)
        except LocalProtocolError as error:
            logger.error("a %s for a client is not sent: %s", message.typename__, error)
        if self._outbox.is_overfull:
            self.close(CLOSE_CODES["TOO_SLOW"], "this client does not read what it is sent")
        self._wake.set()

    def acknowledge(self, receipt: wire.Receipt) -> None:
        """Queue a receipt; those of one flush travel together."""
        self._receipts[(receipt.assignation, receipt.attempt)] = receipt
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued; the first reason counts."""
        if self._shut is None:
            self._shut = (code, reason)
        self._wake.set()

    # The socket's side

    async def run(self) -> None:
        """Serve until either side closes."""
        tasks = {
            asyncio.create_task(work)
            for work in (self._read(), self._write(), self._watch_deadlines())
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except WebSocketDisconnect:
            pass
        except Exception:  # noqa: BLE001  # one socket's defect must not reach the others
            logger.exception("a socket failed")
            self.close(1011, "internal error")
            await self._finish()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._session is not None:
                self._service.close_session(self._session, self)

    async def _read(self) -> None:
        while True:
            event = await self._websocket.receive()
            if event["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(event.get("code", 1005))
            text = event.get("text")
            frame: str | bytes = text if text is not None else event["bytes"]
            for instruction in self._connection.receive(frame, self._clock.monotonic()):
                waiting = self._carry_out(instruction)
                if waiting is not None:
                    await waiting
            if self._shut is not None:
                await asyncio.Event().wait()  # nothing more is read; the writer ends the socket

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._receipts:
                receipts = list(self._receipts.values())
                self._receipts.clear()
                self._outbox.put(wire.Acknowledged(receipts=receipts))
            while (frame := self._outbox.next_frame()) is not None:
                await self._websocket.send_text(frame)
            if self._shut is not None and not self._outbox:
                await self._finish()
                return

    async def _watch_deadlines(self) -> None:
        while True:
            deadline = self._connection.deadline()
            if math.isinf(deadline):  # the token is being checked
                await self._opened.wait()
                continue
            await self._clock.sleep_until(deadline)
            for instruction in self._connection.tick(self._clock.monotonic()):
                self._carry_out(instruction)

    async def _finish(self) -> None:
        code, reason = self._shut or (1000, "")
        try:
            await self._websocket.close(code, reason)
        except RuntimeError:
            logger.debug("the socket was closed already")

    def _carry_out(self, instruction: Instruction) -> Awaitable[None] | None:
        match instruction:
            case Handle(wire.Reauth() as message):
                return self._reauth(message)
            case Handle(message) if self._session is not None:
                return self._service.handle(self._session, message)
            case Reply(message, urgent=True):
                self._outbox.put_urgent(message)
                self._wake.set()
            case Reply(message):
                self.send(message)
            case Authenticate(hello):
                return self._hello(hello)
            case Shut(code, reason):
                self.close(code, reason)
        return None

    async def _hello(self, hello: wire.Hello) -> None:
        try:
            principal = await self._authenticate(hello.token, hello.app.identifier)
        except RekuestError as error:
            forbidden = getattr(error, "code", None) == ErrorCode.FORBIDDEN
            shut = self._connection.shut(
                "FORBIDDEN" if forbidden else "UNAUTHENTICATED", str(error)
            )
            self.close(shut.code, shut.reason)
            return
        session, resumed, believed = await self._service.open_session(principal, hello, self)
        self._session = session
        welcome = wire.Welcome(
            session_id=session.id,
            protocol_version=PROTOCOL_VERSION,
            server_version=self._rules.server_version,
            principal=wire.Principal(
                user=principal.user,
                user_name=principal.user_name,
                app=session.app.identifier,
                organization=principal.organization,
            ),
            limits=self._rules.limits,
            heartbeat_interval=self._rules.heartbeat_interval,
            lease_duration=self._rules.lease_duration,
            resumed=resumed,
            believed=believed,
            token_expires_in=self._expires_in(principal),
        )
        for instruction in self._connection.welcome(welcome, self._clock.monotonic()):
            self._carry_out(instruction)
        self._opened.set()

    async def _reauth(self, message: wire.Reauth) -> None:
        """Take a new token for the running session.  Source: schema/PROTOCOL.md, 2.8."""
        session = self._session
        if session is None:
            return
        try:
            principal = await self._authenticate(message.token, session.app.identifier)
        except RekuestError as error:
            session.refuse(message, ErrorCode.UNAUTHENTICATED, str(error))
            return
        if (principal.user, principal.organization) != (
            session.principal.user,
            session.principal.organization,
        ):
            session.refuse(message, ErrorCode.FORBIDDEN, "the token is of another user")
            return
        session.principal = principal
        expires_in = self._expires_in(principal)
        for instruction in self._connection.reauthenticated(expires_in, self._clock.monotonic()):
            self._carry_out(instruction)

    def _expires_in(self, principal: Principal) -> float | None:
        if principal.expires_at is None:
            return None
        return max(0.0, principal.expires_at - self._clock.now())
