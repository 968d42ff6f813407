"""WebSockets to a server, opened and closed.  The only module of the client that knows `websockets`.

Loading the library takes 0.1 s, so this module is imported when a socket is first opened.
"""

from __future__ import annotations

import logging
import ssl
from urllib.parse import urlsplit

import websockets
from websockets.asyncio.client import ClientConnection, connect

from rekuest.auth import is_loopback, origin, unreachable
from rekuest.client.socket import SocketClosed
from rekuest.errors import AuthError, TransportError

__all__ = ["WebSocket", "dial", "open_socket"]

OPEN_TIMEOUT = (
    5.0  # seconds for TCP, TLS and handshake together; a port without a listener answers at once
)
CLOSE_TIMEOUT = 2.0  # seconds that the peer has to answer a close
MAX_FRAME_BYTES = 1 << 26  # a server may set its limits higher than 1 MiB, but not without bound
_ABNORMAL = 1006  # RFC 6455, 7.4.1: the socket ended without a close frame

# The library logs every frame at DEBUG, and frames hold tokens and argument values.
_library = logging.getLogger(f"{__name__}.library")
_library.setLevel(logging.INFO)


class WebSocket:
    """A `Socket` over the network."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self) -> str | bytes:
        """Return the next frame; see `Socket`."""
        try:
            return await self._connection.recv()
        except websockets.ConnectionClosed as exc:
            raise _closed(exc) from exc

    async def send(self, frame: str) -> None:
        """Send a text frame; see `Socket`."""
        try:
            await self._connection.send(frame)
        except websockets.ConnectionClosed as exc:
            raise _closed(exc) from exc

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; see `Socket`."""
        # RFC 6455, 5.5: a control frame holds 125 bytes, two of them for the code.
        await self._connection.close(code, reason.encode()[:123].decode(errors="ignore"))


async def open_socket(
    url: str, path: str, subprotocol: str, *, headers: dict[str, str] | None = None
) -> WebSocket:
    """Open a WebSocket.

    Args:
        url: The server's, http or https.
        path: Below the URL.
        subprotocol: What both sides must speak.
        headers: Sent with the handshake.

    Raises:
        TransportError: Nothing listens there, or what listens is no rekuest server.
        AuthError: The handshake was answered with 401 or 403.
    """
    address = "ws" + url.removeprefix("http") + path
    try:
        connection = await connect(
            address,
            logger=_library,
            subprotocols=[websockets.Subprotocol(subprotocol)],
            additional_headers=headers,
            compression=None,
            proxy=None if is_loopback(url) else True,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            ping_interval=None,  # both protocols have a sign of life of their own
            max_size=MAX_FRAME_BYTES,
        )
    except websockets.InvalidStatus as exc:
        raise _refused(url + path, exc.response.status_code) from exc
    except TimeoutError as exc:
        raise TransportError(f"{url} does not answer within {OPEN_TIMEOUT:g} s") from exc
    except (ConnectionRefusedError, ConnectionResetError) as exc:
        raise TransportError(unreachable(url)) from exc
    except ssl.SSLError as exc:
        raise TransportError(f"cannot trust the server at {url}: {exc.reason or exc}") from exc
    except (OSError, websockets.WebSocketException) as exc:
        raise TransportError(f"cannot open a socket to {url}{path}: {exc}") from exc
    await _check(connection, url, subprotocol)
    return WebSocket(connection)


async def dial(url: str) -> WebSocket:
    """Open the session's socket of a server; see `open_socket`."""
    return await open_socket(url, "/session", "rekuest.v1")


async def _check(connection: ClientConnection, url: str, subprotocol: str) -> None:
    """Refuse a peer that credentials must not be sent to."""
    reached = (
        connection.protocol.uri
    )  # after redirects, which the library follows to other hosts too
    found = ("https" if reached.secure else "http", reached.host.lower(), reached.port)
    if found != origin(url):
        await connection.close(1000)
        raise TransportError(f"{url} redirects to {reached.host}:{reached.port}; use that URL")
    if connection.subprotocol != subprotocol:
        await connection.close(1002)
        raise TransportError(f"what listens at {url} does not speak {subprotocol!r}; check the URL")


def _refused(address: str, status: int) -> TransportError | AuthError:
    if status in (401, 403):
        return AuthError(f"{address} does not accept the token (HTTP {status})")
    host = urlsplit(address).netloc
    return TransportError(
        f"{address} answers HTTP {status} instead of opening a socket; "
        f"check that {host} is a rekuest server"
    )


def _closed(exc: websockets.ConnectionClosed) -> SocketClosed:
    if exc.rcvd is not None:
        return SocketClosed(exc.rcvd.code, exc.rcvd.reason)
    if exc.sent is not None:
        return SocketClosed(exc.sent.code, exc.sent.reason)
    return SocketClosed(_ABNORMAL, "the connection was cut")
