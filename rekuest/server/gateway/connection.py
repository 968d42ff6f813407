"""One socket: carries frames between Starlette and the protocol machine, messages to the service.

Nothing is decided here.  Three tasks share a socket: one reads, one writes whatever waits as one frame, one watches
the machine's deadlines.  Source: schema/PROTOCOL.md, 1, 2.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

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
from rekuest.server.gateway.transport import SHUT
from rekuest.server.service.service import Service
from rekuest.server.service.session import Session

__all__ = ["Authenticator", "Connection", "SocketRules"]

logger = logging.getLogger(__name__)

# (token, app identifier) -> who that is; raises a RekuestError with `code` if nobody.
Authenticator = Callable[[str, str | None], Awaitable[Principal]]

RECEIPTS_A_MESSAGE = 500  # so that they fit the smallest frame
TRY_AGAIN = 1013
INTERNAL = 1011
_REASON_BYTES = 123  # RFC 6455: what a close frame holds beside its code

# What a token is refused for, and how the socket closes then; for anything else: try again later.
_REFUSALS: dict[str, int] = {
    ErrorCode.UNAUTHENTICATED: CLOSE_CODES["UNAUTHENTICATED"],
    ErrorCode.FORBIDDEN: CLOSE_CODES["FORBIDDEN"],
}


@dataclass(frozen=True, slots=True)
class SocketRules:
    """What a socket keeps to; durations are seconds."""

    limits: wire.Limits
    server_version: str
    heartbeat_interval: float = 5.0
    lease_duration: float = 10.0
    hello_timeout: float = 5.0
    close_timeout: float = (
        5.0  # how long a closing socket waits for its peer to read what is queued
    )
    backlog_bytes: int = 16 << 20  # more than this waiting for a peer that does not read closes it
    origins: frozenset[str] = frozenset()  # browsers' origins that may connect, besides none at all


class Connection:
    """One accepted socket; the `Link` of its session."""

    def __init__(
        self,
        websocket: WebSocket,
        service: Service,
        authenticate: Authenticator,
        clock: Clock,
        rules: SocketRules,
    ) -> None:
        self.ended = asyncio.Event()  # the socket is closed, and its session knows
        self._websocket = websocket
        self._service = service
        self._authenticate = authenticate
        self._clock = clock
        self._rules = rules
        self._machine = ServerConnection(clock.monotonic(), hello_timeout=rules.hello_timeout)
        self._outbox = Outbox(rules.limits, rules.backlog_bytes)
        self._receipts: dict[tuple[str, int], wire.Receipt] = {}
        self._wake = asyncio.Event()  # something waits to be sent
        self._sent = asyncio.Event()  # something was sent
        self._moved = asyncio.Event()  # the next deadline may be sooner than it was
        self._is_following = False  # messages of the peer wait for us, not we for the peer
        self._shut: Shut | None = None  # close with this after what is queued
        self._gives_up_at = math.inf  # when what is queued then is given up; monotonic
        self._session: Session | None = None

    # The service's side

    def send(self, message: wire.ServerMessage) -> None:
        """Queue a message; a closing socket takes none."""
        if self._shut is not None:
            return
        try:
            self._outbox.put(message)
        except LocalProtocolError as error:
            logger.error("a %s for a client is not sent: %s", message.typename__, error)
        if self._outbox.is_overfull:
            self.close(CLOSE_CODES["TOO_SLOW"], "this client does not read what it is sent")
            self._give_up()
        self._wake.set()

    def acknowledge(self, receipt: wire.Receipt) -> None:
        """Queue a receipt; those of one flush travel together."""
        self._receipts[(receipt.assignation, receipt.attempt)] = receipt
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued, which the peer has `close_timeout` to read; the first reason counts."""
        if self._shut is not None:
            return
        text = reason.encode("utf-8", "replace")[:_REASON_BYTES].decode("utf-8", "ignore")
        self._shut = Shut(code, text)
        self._gives_up_at = self._clock.monotonic() + self._rules.close_timeout
        self._wake.set()
        self._moved.set()
        self._sent.set()

    async def has_room(self) -> bool:
        """Return when less than half of what may wait waits; False if the socket closes."""
        while self._shut is None and self._outbox.waiting_bytes * 2 > self._rules.backlog_bytes:
            self._sent.clear()
            await self._sent.wait()
        return self._shut is None

    # The socket's side

    async def run(self) -> None:
        """Serve until either side closes."""
        tasks = {asyncio.create_task(work) for work in (self._read(), self._write(), self._watch())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except WebSocketDisconnect:
            pass
        except Exception:  # noqa: BLE001  # one socket's defect must not reach the others
            logger.exception("a socket failed")
            self.close(INTERNAL, "internal error")
        finally:
            self._end(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self, tasks: set[asyncio.Task[None]]) -> None:
        """Let go of everything, without waiting for anybody: the server may be in a hurry."""
        for task in tasks:
            task.cancel()
        self.close(1001, "the server is going away")  # unless it is closed already
        self._cut()
        if self._session is not None:
            self._service.close_session(self._session, self)
        self.ended.set()

    async def _read(self) -> None:
        while True:
            event = await self._websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            if self._shut is None:
                text = event.get("text")
                await self._follow(text if text is not None else event["bytes"])
            await asyncio.sleep(0)  # a peer that sends much must not keep the others waiting

    async def _follow(self, frame: str | bytes) -> None:
        """Do what a frame asks for, until the socket is to be closed: then nothing more is followed."""
        for instruction in self._machine.receive(frame, self._clock.monotonic()):
            if self._shut is not None:
                return
            waiting = self._carry_out(instruction)
            if waiting is None:
                continue
            self._is_following = True
            try:
                await waiting
            finally:
                self._is_following = False
                self._machine.heard(self._clock.monotonic())

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._put_receipts()
            while (frame := self._outbox.next_frame()) is not None:
                await self._websocket.send_text(frame)
                self._sent.set()
            if self._shut is not None and not self._receipts:
                await self._websocket.close(self._shut.code, self._shut.reason)
                return

    def _put_receipts(self) -> None:
        receipts = list(self._receipts.values())
        self._receipts.clear()
        for start in range(0, len(receipts), RECEIPTS_A_MESSAGE):
            part = receipts[start : start + RECEIPTS_A_MESSAGE]
            self._outbox.put(wire.Acknowledged(receipts=part))

    async def _watch(self) -> None:
        while True:
            await self._reach(min(self._machine.deadline(), self._gives_up_at))
            now = self._clock.monotonic()
            if now >= self._gives_up_at:
                return
            if self._is_following:  # the peer may have said much since: it was not read
                self._machine.heard(now)
            for instruction in self._machine.tick(now):
                self._carry_out(instruction)

    async def _reach(self, deadline: float) -> None:
        """Return at a time, or before it if that may have moved."""
        pending: list[asyncio.Task[Any]] = [asyncio.create_task(self._moved.wait())]
        if not math.isinf(deadline):
            pending.append(asyncio.create_task(_sleep_until(self._clock, deadline)))
        try:
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._moved.clear()
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    def _give_up(self) -> None:
        """Forget what is queued, and let the watch end the socket now."""
        self._outbox = Outbox(self._rules.limits, self._rules.backlog_bytes)
        self._receipts.clear()
        self._gives_up_at = self._clock.monotonic()

    def _cut(self) -> None:
        """Close even if the peer does not read; does nothing to a socket that is closed."""
        cut: Callable[[int, str], None] | None = self._websocket.scope.get("extensions", {}).get(
            SHUT
        )
        if cut is not None and self._shut is not None:
            cut(self._shut.code, self._shut.reason)

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
            session, resumed, believed = await self._service.open_session(principal, hello, self)
        except RekuestError as error:
            code = _REFUSALS.get(getattr(error, "code", ""), TRY_AGAIN)
            if code == TRY_AGAIN:
                logger.warning("a session is not opened: %s", error)
            self.close(code, "try again later" if code == TRY_AGAIN else str(error))
            return
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
        for instruction in self._machine.welcome(welcome, self._clock.monotonic()):
            self._carry_out(instruction)
        self._moved.set()

    async def _reauth(self, message: wire.Reauth) -> None:
        """Take a new token for the running session.  Source: schema/PROTOCOL.md, 2.8."""
        session = self._session
        if session is None:
            return
        try:
            principal = await self._authenticate(message.token, session.app.identifier)
        except RekuestError as error:
            code = getattr(error, "code", None)
            if code not in _REFUSALS:
                session.refuse(message, ErrorCode.UNAVAILABLE, "try again later")
            else:
                session.refuse(message, code, str(error))
            return
        if (principal.user, principal.organization) != (
            session.principal.user,
            session.principal.organization,
        ):
            session.refuse(message, ErrorCode.FORBIDDEN, "the token is of another user")
            return
        session.principal = principal
        expires_in = self._expires_in(principal)
        for instruction in self._machine.reauthenticated(expires_in, self._clock.monotonic()):
            self._carry_out(instruction)
        self._moved.set()

    def _expires_in(self, principal: Principal) -> float | None:
        if principal.expires_at is None:
            return None
        return max(0.0, principal.expires_at - self._clock.now())


async def _sleep_until(clock: Clock, deadline: float) -> None:
    await clock.sleep_until(deadline)
