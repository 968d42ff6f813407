"""The endpoint of `/session`: takes sockets in, and asks all of them to leave when the server ends.

Called by the ASGI application.  Source: schema/PROTOCOL.md, 1.1, 2.10.
"""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from rekuest.api import wire
from rekuest.clock import Clock
from rekuest.server.gateway.connection import Authenticator, Connection, SocketRules
from rekuest.server.service.service import Service

__all__ = ["Authenticator", "SessionEndpoint", "SocketRules"]

SUBPROTOCOL = "rekuest.v1"


class SessionEndpoint:
    """The endpoint of `/session`: give its `__call__` to a `WebSocketRoute`."""

    def __init__(
        self, service: Service, authenticate: Authenticator, clock: Clock, rules: SocketRules
    ) -> None:
        self._service = service
        self._authenticate = authenticate
        self._clock = clock
        self._rules = rules
        self._open: set[Connection] = set()
        self._retry_after: float | None = None  # set when the server is about to end

    async def __call__(self, websocket: WebSocket) -> None:
        """Serve one socket until it closes."""
        origin = websocket.headers.get("origin")
        offered = websocket.scope.get("subprotocols") or []
        if SUBPROTOCOL not in offered or (origin is not None and origin not in self._rules.origins):
            await websocket.close(1002)
            return
        try:
            await websocket.accept(subprotocol=SUBPROTOCOL)
        except (WebSocketDisconnect, OSError):
            return  # it has gone in the middle of its handshake
        connection = Connection(
            websocket, self._service, self._authenticate, self._clock, self._rules
        )
        self._open.add(connection)
        if self._retry_after is not None:
            _ask_to_leave(connection, self._retry_after)
        try:
            await connection.run()
        finally:
            self._open.discard(connection)

    def going_away(self, retry_after: float) -> None:
        """Ask every client to reconnect, then close its socket.  Source: schema/PROTOCOL.md, 2.10."""
        self._retry_after = retry_after
        for connection in list(self._open):
            _ask_to_leave(connection, retry_after)

    async def drain(self, retry_after: float) -> None:
        """Do what `going_away` does, and return when all sockets are closed: after `close_timeout` at most."""
        self.going_away(retry_after)
        await asyncio.gather(*(connection.ended.wait() for connection in list(self._open)))


def _ask_to_leave(connection: Connection, retry_after: float) -> None:
    connection.send(wire.GoingAway(retry_after=retry_after))
    connection.close(1001, "the server is going away")
