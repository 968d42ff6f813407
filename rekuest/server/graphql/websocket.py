"""GraphQL over WebSocket: the subprotocol `graphql-transport-ws`, and no other.

ariadne's handler knows the messages; here are the rules that it lacks: a token before anything else, bounds,
and closes with the protocol's codes where a client breaks it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any

from ariadne.asgi.handlers import GraphQLTransportWSHandler
from ariadne.asgi.handlers.graphql_transport_ws import ClientContext
from graphql import ExecutionResult, GraphQLError
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from rekuest.clock import Clock
from rekuest.errors import RekuestError
from rekuest.server.graphql.http import Authenticate, bearer_token, read_json
from rekuest.server.graphql.limits import limit_exceeded

__all__ = ["SUBPROTOCOL", "WebSocketHandler"]

logger = logging.getLogger(__name__)

SUBPROTOCOL = "graphql-transport-ws"
MAX_ID_LENGTH = 200

BAD_MESSAGE = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INITIALISATION_TIMEOUT = 4408
TOO_MANY_INITIALISATIONS = 4429
GONE = (WebSocketDisconnect, RuntimeError, OSError)  # what sending to a closed socket raises


class WebSocketHandler(GraphQLTransportWSHandler):
    """Answers `/graphql` over WebSocket."""

    def __init__(
        self, *, authenticate: Authenticate, clock: Clock, init_timeout: float, operations: int
    ) -> None:
        super().__init__()
        self._authenticate = authenticate
        self._clock = clock
        self._init_timeout = init_timeout  # seconds for `connection_init`
        self._operations = operations  # most open operations of one socket

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection; one that does not offer the subprotocol is closed at once."""
        websocket = WebSocket(scope, receive, send)
        if SUBPROTOCOL in scope.get("subprotocols", ()):
            await self.handle_websocket(websocket)
        else:
            await websocket.accept()
            await websocket.close(
                SUBPROTOCOL_NOT_ACCEPTABLE, f"offer the subprotocol {SUBPROTOCOL}"
            )

    async def handle_websocket(self, websocket: WebSocket) -> None:
        """Follow a connection's messages to its end, then end its operations."""
        await websocket.accept(SUBPROTOCOL)
        client = ClientContext()
        watchdog = asyncio.create_task(self._watch(websocket, client))
        try:
            while websocket.application_state is WebSocketState.CONNECTED:
                message = await _receive(websocket)
                if message is None:
                    await websocket.close(BAD_MESSAGE, "not a message of the subprotocol")
                else:
                    await self.handle_websocket_message(websocket, message, client)
        except GONE:
            pass
        finally:
            watchdog.cancel()
            for operation in list(client.operations):
                await self.stop_websocket_operation(websocket, operation, client)
            with suppress(asyncio.CancelledError):
                await watchdog

    async def handle_websocket_connection_init_message(
        self, websocket: WebSocket, message: dict[str, Any], client_context: ClientContext
    ) -> None:
        """Accept the connection if its first message, or the handshake, carries a token that counts."""
        if client_context.connection_init_received:
            await websocket.close(TOO_MANY_INITIALISATIONS, "too many initialisation requests")
            return
        client_context.connection_init_received = True
        token = _token(message.get("payload")) or bearer_token(
            websocket.headers.get("authorization")
        )
        try:
            if token is None:
                raise RekuestError('the payload must be {"authorization": "Bearer <token>"}')
            websocket.state.principal = await self._authenticate(token)
        except RekuestError as error:
            await websocket.close(FORBIDDEN, str(error)[:120])
            return
        await websocket.send_json({"type": self.GQL_CONNECTION_ACK})
        client_context.connection_acknowledged = True

    async def handle_websocket_subscribe(
        self,
        websocket: WebSocket,
        data: Any,
        operation_id: str,
        client_context: ClientContext,
    ) -> None:
        """Start an operation, unless there is no room for it."""
        if not client_context.connection_acknowledged:
            await websocket.close(UNAUTHORIZED, "send connection_init first")
        elif not _is_operation(operation_id, data):
            await websocket.close(BAD_MESSAGE, "subscribe needs an id and a payload with a query")
        elif (
            len(client_context.operations) >= self._operations
            and operation_id not in client_context.operations
        ):
            error = limit_exceeded(f"at most {self._operations} operations are open at a time")
            await self._send_errors(websocket, operation_id, [self.error_formatter(error, False)])
        else:
            await super().handle_websocket_subscribe(websocket, data, operation_id, client_context)

    async def observe_async_results(
        self,
        websocket: WebSocket,
        results_producer: AsyncGenerator[Any, None],
        operation_id: str,
        client_context: ClientContext,
    ) -> None:
        """Send the results of an operation as they come; its place is free again when it ends."""
        try:
            async for result in results_producer:
                message = {"type": self.GQL_NEXT, "id": operation_id}
                await websocket.send_json({**message, "payload": self._payload(result)})
            ending: dict[str, Any] = {"type": self.GQL_COMPLETE, "id": operation_id}
        except GONE:
            return
        except Exception as error:  # noqa: BLE001  the boundary of a subscription's source
            wrapped = GraphQLError("", original_error=error)
            payload = [self.error_formatter(wrapped, False)]
            ending = {"type": self.GQL_ERROR, "id": operation_id, "payload": payload}
        client_context.operations.pop(operation_id, None)
        client_context.operation_tasks.pop(operation_id, None)
        with suppress(*GONE):
            await websocket.send_json(ending)

    async def stop_websocket_operation(
        self, websocket: WebSocket, operation_id: str, client_context: ClientContext
    ) -> None:
        """End an operation and what feeds it."""
        operation = client_context.operations.pop(operation_id, None)
        task = client_context.operation_tasks.pop(operation_id, None)
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if operation is not None:
            await operation.generator.aclose()

    def _payload(self, result: Any) -> Mapping[str, Any]:
        if not isinstance(result, ExecutionResult):
            return dict(result)
        if not result.errors:
            return {"data": result.data}
        errors = [self.error_formatter(error, False) for error in result.errors]
        return {"data": result.data, "errors": errors}

    async def _send_errors(
        self, websocket: WebSocket, operation_id: str, errors: list[dict[str, Any]]
    ) -> None:
        message = {"type": self.GQL_ERROR, "id": operation_id, "payload": errors}
        await websocket.send_json(message)

    async def _watch(self, websocket: WebSocket, client: ClientContext) -> None:
        """Close a connection that does not say who it is, and one whose token ends."""
        clock = self._clock
        with suppress(*GONE):
            await clock.sleep_until(clock.monotonic() + self._init_timeout)
            if not client.connection_acknowledged:
                await websocket.close(INITIALISATION_TIMEOUT, "connection initialisation timeout")
                return
            expires_at: float | None = websocket.state.principal.expires_at
            if expires_at is not None:
                await clock.sleep_until(clock.monotonic() + expires_at - clock.now())
                await websocket.close(UNAUTHORIZED, "the access token has expired")


async def _receive(websocket: WebSocket) -> dict[str, Any] | None:
    """Return the next message; None if it is not a JSON object with a type."""
    event = await websocket.receive()
    if event["type"] != "websocket.receive":
        raise WebSocketDisconnect(event.get("code", 1006))
    try:
        message = read_json(event.get("text") or "")
    except ValueError:
        return None
    is_message = isinstance(message, dict) and isinstance(message.get("type"), str)
    return message if is_message else None


def _token(payload: object) -> str | None:
    """Return the token of a `connection_init` payload; the name is found in any case."""
    if not isinstance(payload, dict):
        return None
    named = {str(name).lower(): value for name, value in payload.items()}
    return bearer_token(named.get("authorization"))


def _is_operation(operation_id: object, data: object) -> bool:
    return (
        isinstance(operation_id, str)
        and 0 < len(operation_id) <= MAX_ID_LENGTH
        and isinstance(data, dict)
        and isinstance(data.get("query"), str)
        and isinstance(data.get("variables"), dict | None)
        and isinstance(data.get("operationName"), str | None)
    )
