"""Sockets over the network: what can go wrong before the first frame, and how they end."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
import websockets
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from rekuest.client.socket import SocketClosed
from rekuest.client.websocket import dial, open_socket
from rekuest.errors import AuthError, TransportError

pytestmark = pytest.mark.anyio

Process = Callable[[ServerConnection, Request], Response | None]


async def echo(socket: ServerConnection) -> None:
    async for frame in socket:
        await socket.send(frame)


@asynccontextmanager
async def serving(
    handler: Callable[[ServerConnection], Awaitable[None]] = echo,
    *,
    process: Process | None = None,
    subprotocol: str | None = "rekuest.v1",
) -> AsyncIterator[str]:
    known = None if subprotocol is None else [websockets.Subprotocol(subprotocol)]
    async with serve(
        handler, "127.0.0.1", 0, process_request=process, subprotocols=known
    ) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


def answer(status: HTTPStatus, **headers: str) -> Process:
    def process(socket: ServerConnection, request: Request) -> Response:
        response = socket.respond(status, "")
        for name, value in headers.items():
            response.headers[name] = value
        return response

    return process


async def test_no_frame_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets.server").setLevel(logging.INFO)  # the other side of this test
    async with serving() as url:
        socket = await open_socket(url, "/", "rekuest.v1", headers={"authorization": "s3cret"})
        await socket.send('[{"token": "s3cret"}]')
        await socket.receive()
        await socket.close()
    assert "s3cret" not in caplog.text


async def test_frames_go_both_ways() -> None:
    async with serving() as url:
        socket = await dial(url)
        await socket.send('[{"a": "ü"}]')
        assert await socket.receive() == '[{"a": "ü"}]'
        await socket.close()
        await socket.close()


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
async def test_a_refused_handshake_is_an_auth_error(status: HTTPStatus) -> None:
    async with serving(process=answer(status)) as url:
        with pytest.raises(AuthError, match=f"does not accept the token .HTTP {int(status)}."):
            await dial(url)


async def test_another_answer_is_a_transport_error() -> None:
    async with serving(process=answer(HTTPStatus.NOT_FOUND)) as url:
        with pytest.raises(TransportError, match="answers HTTP 404 instead of opening a socket"):
            await dial(url)


async def test_a_server_without_the_subprotocol_is_refused() -> None:
    async with serving(subprotocol=None) as url:
        with pytest.raises(TransportError, match="does not speak 'rekuest.v1'; check the URL"):
            await dial(url)


async def test_a_redirect_to_another_host_is_refused() -> None:
    async with serving() as other:
        target = other.replace("http", "ws") + "/session"
        async with serving(process=answer(HTTPStatus.FOUND, Location=target)) as url:
            with pytest.raises(TransportError, match=f"{url} redirects to .*; use that URL"):
                await dial(url)


async def test_a_name_that_does_not_resolve_is_a_transport_error() -> None:
    with pytest.raises(TransportError, match="cannot open a socket to http://nowhere.invalid"):
        await dial("http://nowhere.invalid")


async def test_a_port_that_speaks_no_tls_is_a_transport_error() -> None:
    async with serving() as url:
        with pytest.raises(TransportError):
            await dial(url.replace("http", "https"))


async def test_a_close_says_code_and_reason() -> None:
    async def close(socket: ServerConnection) -> None:
        await socket.close(4409, "replaced")

    async with serving(close) as url:
        socket = await dial(url)
        with pytest.raises(SocketClosed) as closed:
            await socket.receive()
        assert (closed.value.code, closed.value.reason) == (4409, "replaced")
        with pytest.raises(SocketClosed):
            await socket.send("[]")


async def test_a_cut_says_so() -> None:
    async def cut(socket: ServerConnection) -> None:
        socket.transport.abort()

    async with serving(cut) as url:
        socket = await dial(url)
        with pytest.raises(SocketClosed, match="closed with 1006 .the connection was cut."):
            await socket.receive()


async def test_a_long_reason_is_cut() -> None:
    reasons: list[str | None] = []

    async def note(socket: ServerConnection) -> None:
        await socket.wait_closed()
        reasons.append(socket.close_reason)

    async with serving(note) as url:
        socket = await dial(url)
        await socket.close(4400, "ü" * 100)
    assert reasons == ["ü" * 61]


async def test_headers_travel_with_the_handshake() -> None:
    seen: list[str | None] = []

    def process(socket: ServerConnection, request: Request) -> None:
        seen.append(request.headers.get("Authorization"))

    async with serving(process=process) as url:
        socket = await open_socket(
            url, "/session", "rekuest.v1", headers={"Authorization": "Bearer t"}
        )
        await socket.close()
    assert seen == ["Bearer t"]
