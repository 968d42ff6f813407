"""The token endpoint of a server, over HTTP.  The only place of this package that knows httpx."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from rekuest.auth.address import is_loopback, unreachable
from rekuest.errors import AuthError, TransportError

__all__ = ["Token", "answers", "fetch_token", "open_http"]

logger = logging.getLogger(__name__)

# What RFC 6749, 5.2 answers when the fault lies with the credentials; asking again does not help.
_REFUSALS = frozenset({"invalid_client", "unauthorized_client", "access_denied", "invalid_grant"})
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token as an endpoint answered it."""

    text: str = field(repr=False)
    expires_in: float | None  # seconds from when it was issued; None: not said


def open_http(url: str) -> httpx.AsyncClient:
    """Return an HTTP client for one server; whoever opened it closes it."""
    # Reading the machine's certificates takes longer than all the rest: not for plain http.  An empty
    # context trusts nobody, so nothing gets laxer by it.
    plain = urlsplit(url).scheme == "http"
    verify: ssl.SSLContext | bool = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True
    return httpx.AsyncClient(
        base_url=url, verify=verify, timeout=_TIMEOUT, trust_env=not is_loopback(url)
    )


async def fetch_token(url: str, client_id: str, client_secret: str) -> Token:
    """Get a token by client credentials.  Source: RFC 6749, 4.4.

    Args:
        url: The server's.
        client_id: Sent, with the secret, in the `Authorization` header.
        client_secret: Never logged.

    Raises:
        AuthError: The server does not know the client, or the secret is wrong.
        TransportError: The server cannot be reached, or does not answer as a token endpoint does.
    """
    # RFC 6749, 2.3.1: both are form-encoded before they become a Basic header.
    basic = httpx.BasicAuth(quote(client_id, safe=""), quote(client_secret, safe=""))
    form = {"grant_type": "client_credentials"}
    try:
        async with open_http(url) as http:
            response = await http.post("/oauth/token", data=form, auth=basic)
    except httpx.ConnectError as exc:
        raise TransportError(unreachable(url)) from exc
    except httpx.HTTPError as exc:
        raise TransportError(f"cannot get a token from {url}/oauth/token: {exc!r}") from exc
    return _read(url, client_id, response)


async def answers(url: str) -> bool:
    """Whether something speaks HTTP at a URL."""
    try:
        async with open_http(url) as http:
            await http.get("/livez")
    except httpx.HTTPError:
        return False
    return True


def _read(url: str, client_id: str, response: httpx.Response) -> Token:
    try:
        answer: Any = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = {}
    if response.is_success and isinstance(answer.get("access_token"), str):
        expires_in = answer.get("expires_in")
        known = isinstance(expires_in, int | float) and not isinstance(expires_in, bool)
        return Token(answer["access_token"], float(expires_in) if known else None)
    error = answer.get("error")
    if response.status_code in (401, 403) or error in _REFUSALS:
        said = answer.get("error_description") or error or f"HTTP {response.status_code}"
        raise AuthError(
            f"the server at {url} does not accept client {client_id!r} ({said}); check client_id and "
            "client_secret, or add a client with `rekuest clients add NAME`"
        )
    raise TransportError(
        f"{url}/oauth/token answers HTTP {response.status_code} instead of a token; "
        "check that the URL is a rekuest server's"
    )
