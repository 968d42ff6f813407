"""`POST /oauth/token`: credentials for a token.  Source: RFC 6749, 2.3.1, 4.4 and 5."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rekuest.errors import RekuestError
from rekuest.server.service.identity import Identity

__all__ = ["token_endpoint"]

MAX_BODY = 16 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client says about itself."""

    client_id: str
    secret: str


class OAuthError(Exception):
    """A request that gets no token."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.error = error  # of RFC 6749, 5.2
        self.description = description  # ASCII, for people
        self.status = status
        super().__init__(error)


def invalid_client() -> OAuthError:
    """Return the answer to credentials that are wrong in whatever way: which way is not said."""
    return OAuthError("invalid_client", "the client id or the secret is wrong", 401)


def token_endpoint(identity: Identity) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers client credentials."""

    async def endpoint(request: Request) -> Response:
        try:
            form = await _read_form(request)
            if "grant_type" not in form:
                raise OAuthError("invalid_request", "grant_type is missing")
            if form["grant_type"] != "client_credentials":
                raise OAuthError("unsupported_grant_type", "this server takes client_credentials")
            credentials = _credentials(request.headers.get("authorization"), form)
            issued = await identity.issue(credentials.client_id, credentials.secret)
            if issued is None:
                raise invalid_client()
        except OAuthError as error:
            return _refuse(error)
        except RekuestError:
            return _refuse(OAuthError("temporarily_unavailable", "try again later", 503))
        token = {
            "access_token": issued.access_token,
            "token_type": "Bearer",
            "expires_in": int(issued.expires_in),
        }
        return JSONResponse(token, headers=NO_STORE)

    return endpoint


def _refuse(error: OAuthError) -> Response:
    headers = dict(NO_STORE)
    if error.status == 401:
        headers["www-authenticate"] = 'Basic realm="rekuest", charset="UTF-8"'
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, error.status, headers)


async def _read_form(request: Request) -> dict[str, str]:
    """Return the parameters of a request; one that comes twice refuses it (RFC 6749, 3.2)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM_TYPE:
        raise OAuthError("invalid_request", f"the body must be {FORM_TYPE}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise OAuthError("invalid_request", "the body is too large", 413)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50)
    except ValueError as exc:
        raise OAuthError("invalid_request", "the body is not a form in UTF-8") from exc
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "a parameter comes twice")
    return form


def _credentials(authorization: str | None, form: dict[str, str]) -> Credentials:
    """Return the credentials of a request: in the header, in the body, or in both if they agree."""
    header = _basic(authorization) if authorization else None
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if header is None:
        if not client_id or secret is None:
            raise OAuthError("invalid_client", "client_id and client_secret are missing", 401)
        return Credentials(client_id, secret)
    if client_id not in (None, header.client_id) or secret not in (None, header.secret):
        raise OAuthError("invalid_request", "header and body name different credentials")
    return header


def _basic(authorization: str) -> Credentials:
    """Read an HTTP Basic header; both halves are form-encoded (RFC 6749, 2.3.1)."""
    scheme, _, encoded = authorization.strip().partition(" ")
    try:
        if scheme.lower() != "basic":
            raise invalid_client()
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as exc:
        raise invalid_client() from exc
    client_id, colon, secret = text.partition(":")
    if not colon or not client_id:
        raise invalid_client()
    return Credentials(unquote_plus(client_id), unquote_plus(secret))
