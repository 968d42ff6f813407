"""A WebSocket client without a network: drives an ASGI application on the test's own loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp

Message = MutableMapping[str, Any]


class Closed(Exception):
    """The server closed the socket."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code}: {reason}")


class Socket:
    """The client's end."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[Message] = asyncio.Queue()
        self.to_client: asyncio.Queue[Message] = asyncio.Queue()

    async def send(self, message: Any) -> None:
        """Send a JSON message, or text as it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        await self.to_server.put({"type": "websocket.receive", "text": text})

    async def receive(self) -> Any:
        """Return the next message; raise `Closed` if the server closed instead."""
        event = await asyncio.wait_for(self.to_client.get(), 10)
        if event["type"] == "websocket.close":
            raise Closed(event["code"], event.get("reason") or "")
        return json.loads(event["text"])

    async def subscribe(self, id: str, query: str, /, **variables: Any) -> None:
        """Start an operation."""
        payload = {"query": query, "variables": variables}
        await self.send({"id": id, "type": "subscribe", "payload": payload})


@asynccontextmanager
async def connect(
    app: ASGIApp,
    *,
    subprotocols: tuple[str, ...] = ("graphql-transport-ws",),
    token: str | None = None,
    path: str = "/graphql",
    **headers: str,
) -> AsyncIterator[Socket]:
    """Open a socket; with a `token` the handshake of graphql-transport-ws is done too.

    Raises:
        Closed: The server refuses it before it is open.
    """
    socket = Socket()
    sent = {"host": "127.0.0.1:8090", **headers}
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "subprotocols": list(subprotocols),
    }
    await socket.to_server.put({"type": "websocket.connect"})
    task = asyncio.ensure_future(app(scope, socket.to_server.get, socket.to_client.put))
    try:
        accepted = await asyncio.wait_for(socket.to_client.get(), 10)
        if accepted["type"] != "websocket.accept":
            raise Closed(accepted.get("code", 0), accepted.get("reason") or "")
        if token is not None:
            payload = {"authorization": f"Bearer {token}"}
            await socket.send({"type": "connection_init", "payload": payload})
            assert await socket.receive() == {"type": "connection_ack"}
        yield socket
    finally:
        await socket.to_server.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(task, 10)
