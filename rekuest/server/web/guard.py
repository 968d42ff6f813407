"""What every request passes: a known `Host`, a known `Origin`, and headers that keep browsers careful.

A page of another site can make a browser send requests to 127.0.0.1, and with a DNS name that it rebinds even read
the answers.  It cannot choose `Host` and `Origin`, so those tell it apart.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

__all__ = ["Guard"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CAREFUL = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


class Guard:
    """Middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str] | None) -> None:
        self._app = app
        self._hosts = hosts  # names that the server is reached by, without ports; None: any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        problem = self._problem(Headers(scope=scope))
        if problem is None:
            await self._app(scope, receive, _careful(send))
        elif scope["type"] == "websocket":
            await WebSocketClose(1008, problem)(scope, receive, send)  # before accept: HTTP 403
        else:
            await PlainTextResponse(f"{problem}\n", 403)(scope, receive, send)

    def _problem(self, headers: Headers) -> str | None:
        host = headers.get("host", "")
        name = host_name(host)
        if self._hosts is not None and name not in self._hosts:
            return "this server is not known by that name; see REKUEST_ALLOWED_HOSTS"
        origin = headers.get("origin")
        if origin is not None and not _same_origin(origin, host):
            return "requests from pages of other sites are not taken"
        return None


def host_name(host: str) -> str:
    """Return the name in a `Host` value, without its port; empty if it is not one."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _same_origin(origin: str, host: str) -> bool:
    """Return whether a page of this very server asks; `null` is nobody's."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _careful(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in CAREFUL.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped
