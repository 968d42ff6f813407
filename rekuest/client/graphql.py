"""Operations of the API over HTTP, subscriptions over `graphql-transport-ws`.

The only module of the client that knows httpx; loaded when the first operation is executed.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, TypeVar

import httpx

from rekuest.auth import TokenSource, unreachable
from rekuest.auth.endpoint import open_http
from rekuest.client.socket import Socket, SocketClosed
from rekuest.client.websocket import open_socket
from rekuest.context import Operation
from rekuest.errors import AuthError, RekuestError, ServerError, TransportError

__all__ = ["GraphQL"]

R = TypeVar("R")

_ACCEPT = "application/graphql-response+json, application/json;q=0.9"
_SUBPROTOCOL = "graphql-transport-ws"
_UNAUTHENTICATED = "UNAUTHENTICATED"
# Close codes of graphql-transport-ws after which another token may help, and the one that is final.
_UNAUTHORIZED, _FORBIDDEN = 4401, 4403


class GraphQL:
    """Executes operations on one server.  Use it on one event loop only."""

    def __init__(self, url: str, tokens: TokenSource) -> None:
        self._url = url  # the server's, without a trailing slash
        self._tokens = tokens
        self._http = open_http(url)  # keeps connections; closed by `aclose`

    async def aexecute(self, operation: Operation[R], variables: Mapping[str, Any]) -> R:
        """Execute a query or mutation.

        Args:
            operation: What to send.
            variables: JSON values under their GraphQL names.

        Raises:
            ServerError: The server answered with an error; carries its code and path.
            AuthError: It does not accept the token, nor a new one.
            TransportError: It cannot be reached.
        """
        body = _body(operation, variables)
        answer = await self._ask(body, await self._tokens.aget_token(), operation.kind == "query")
        if _is_unauthenticated(answer):
            answer = await self._ask(body, await self._tokens.arefresh_token(), False)
        return operation.parse(_data(operation.name, answer, self._url))

    async def asubscribe(
        self, operation: Operation[R], variables: Mapping[str, Any]
    ) -> AsyncGenerator[R, None]:
        """Yield each result of a subscription; closing the iterator ends it.

        Raises:
            ServerError: The server ended the stream with an error.
            AuthError: It does not accept the token, nor a new one.
            TransportError: It cannot be reached, or the socket was lost.
        """
        socket = await self._open(await self._tokens.aget_token())
        if socket is None:
            socket = await self._open(await self._tokens.arefresh_token())
        if socket is None:
            raise _not_accepted(self._url)
        try:
            message = {"id": "1", "type": "subscribe", "payload": _body(operation, variables)}
            await socket.send(json.dumps(message))
            async for data in _results(socket, operation.name, self._url):
                yield operation.parse(data)
        except SocketClosed as exc:
            raise TransportError(f"subscription {operation.name!r} was cut: {exc}") from exc
        finally:
            await socket.close()

    async def aclose(self) -> None:
        """Close what is kept open."""
        await self._http.aclose()

    async def _ask(self, body: dict[str, Any], token: str, is_repeatable: bool) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Accept": _ACCEPT}
        try:
            return await self._http.post("/graphql", json=body, headers=headers)
        except httpx.ConnectError as exc:
            raise TransportError(unreachable(self._url)) from exc
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as exc:
            # A kept connection that the server has closed meanwhile looks like this.
            if is_repeatable:
                return await self._ask(body, token, False)
            raise TransportError(f"lost the connection to {self._url}: {exc!r}") from exc
        except httpx.HTTPError as exc:
            raise TransportError(f"cannot execute at {self._url}/graphql: {exc!r}") from exc

    async def _open(self, token: str) -> Socket | None:
        """Open a socket and introduce this client; `None` if the token is not accepted."""
        bearer = f"Bearer {token}"
        try:
            socket = await open_socket(
                self._url, "/graphql", _SUBPROTOCOL, headers={"Authorization": bearer}
            )
        except AuthError:
            return None
        try:
            init = {"type": "connection_init", "payload": {"authorization": bearer}}
            await socket.send(json.dumps(init))
            answer = await _next_message(socket)
        except SocketClosed as exc:
            if exc.code == _UNAUTHORIZED:
                return None
            if exc.code == _FORBIDDEN:
                raise AuthError(f"the server at {self._url} refuses this client: {exc}") from exc
            raise TransportError(f"{self._url}/graphql closed the socket: {exc}") from exc
        if answer.get("type") != "connection_ack":
            await socket.close(4400)
            raise TransportError(f"{self._url}/graphql does not speak {_SUBPROTOCOL!r}")
        return socket


async def _results(socket: Socket, name: str, url: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the data of each `next`, until `complete`."""
    while True:
        message = await _next_message(socket)
        match message.get("type"):
            case "next":
                yield _checked(name, message.get("payload"), url)
            case "error":
                raise _server_error(name, message.get("payload"))
            case "complete":
                return


async def _next_message(socket: Socket) -> dict[str, Any]:
    """Return the next message that is not a ping or pong; pings are answered."""
    while True:
        try:
            message = json.loads(await socket.receive())
        except ValueError as exc:
            raise SocketClosed(1007, "a message is not JSON") from exc
        if not isinstance(message, dict):
            raise SocketClosed(1007, "a message is not an object")
        if message.get("type") == "ping":
            await socket.send('{"type": "pong"}')
        elif message.get("type") != "pong":
            return message


def _body(operation: Operation[Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "query": operation.document,
        "operationName": operation.name,
        "variables": dict(variables),
    }


def _is_unauthenticated(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.UNAUTHORIZED


def _not_accepted(url: str) -> AuthError:
    return AuthError(f"the server at {url} does not accept the token, nor a new one; check auth=")


def _data(name: str, response: httpx.Response, url: str) -> dict[str, Any]:
    """Return the `data` of a response."""
    if _is_unauthenticated(response):
        raise _not_accepted(url)
    try:
        answer: Any = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not ("data" in answer or "errors" in answer):
        status = response.status_code
        if status in (502, 503, 504):
            raise TransportError(f"the server at {url} is not available (HTTP {status})")
        raise ServerError(f"cannot execute {name!r}: {url}/graphql answers HTTP {status}")
    return _checked(name, answer, url)


def _checked(name: str, answer: Any, url: str) -> dict[str, Any]:
    """Return the `data` of a GraphQL answer, or raise its errors."""
    if not isinstance(answer, dict):
        raise ServerError(f"cannot read answer to {name!r}: it is no object")
    if answer.get("errors"):
        raise _server_error(name, answer["errors"], url)
    data = answer.get("data")
    if not isinstance(data, dict):
        raise ServerError(f"cannot read answer to {name!r}: it has no data")
    return data


def _server_error(name: str, errors: Any, url: str = "") -> RekuestError:
    """Turn the `errors` of an answer into one error; the first one speaks."""
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return ServerError(f"cannot execute {name!r}: the server gave an error without words")
    first, others = errors[0], len(errors) - 1
    extensions = first.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    if code == _UNAUTHENTICATED:
        return _not_accepted(url)
    path = first.get("path")
    where = ".".join(str(step) for step in path) if isinstance(path, list) else None
    more = f" (and {others} more)" if others else ""
    message = f"cannot execute {name!r}: {first.get('message')}{more}"
    return ServerError(message, code=code if isinstance(code, str) else None, path=where)
