"""GraphQL over HTTP: media types, status codes and bounds.  Source: the GraphQL-over-HTTP specification.

Documents come by POST with a JSON body and never by GET, so no page of another origin can send one unasked.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ariadne.asgi.handlers import GraphQLHTTPHandler
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rekuest.errors import RekuestError
from rekuest.server.domain.principal import Principal
from rekuest.server.graphql.explorer import POLICY
from rekuest.server.graphql.media import RESPONSE_TYPE, accepts_html, is_json, negotiate

__all__ = ["Authenticate", "HttpHandler", "bearer_token", "read_json"]

Authenticate = Callable[
    [str], Awaitable[Principal]
]  # from a token; raises with a code of ErrorCode

NO_TOKEN = "send an access token: Authorization: Bearer <token>"


def bearer_token(authorization: object) -> str | None:
    """Return the token of an `Authorization` value; None if there is none."""
    if not isinstance(authorization, str):
        return None
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def read_json(text: str | bytes) -> Any:
    """Read strict JSON: no NaN, no infinity, no name twice in one object.

    Raises:
        ValueError: It is not that, or nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repeats)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("an object has one name twice")
    return read


class HttpHandler(GraphQLHTTPHandler):
    """Answers `/graphql` over HTTP."""

    def __init__(self, *, authenticate: Authenticate, body_bytes: int, page: str | None) -> None:
        super().__init__()
        self._authenticate = authenticate
        self._body_bytes = body_bytes  # largest body of a request
        self._page = page  # GraphiQL; None: not served

    async def handle_request(self, request: Request) -> Response:
        """Answer one request."""
        if request.method == "POST":
            return await self._post(request)
        wants_page = request.method in ("GET", "HEAD") and accepts_html(
            request.headers.get("accept")
        )
        if wants_page and self._page is not None:
            return HTMLResponse(self._page, headers={"content-security-policy": POLICY})
        allowed = "POST" if self._page is None else "GET, POST"
        return Response(status_code=405, headers={"allow": allowed})

    async def _post(self, request: Request) -> Response:
        media = negotiate(request.headers.get("accept"))
        if media is None:
            return Response(f"accept {RESPONSE_TYPE} or application/json\n", 406)
        try:
            token = bearer_token(request.headers.get("authorization"))
            if token is None:
                return self._refuse(media, 401, "UNAUTHENTICATED", NO_TOKEN)
            request.state.principal = await self._authenticate(token)
        except RekuestError as error:
            return self._refuse(media, *_status(error), str(error))
        if not is_json(request.headers.get("content-type")):
            return self._refuse(media, 415, "BAD_MESSAGE", "content-type must be application/json")
        body = await self._read(request)
        if body is None:
            message = f"the body is larger than {self._body_bytes} bytes"
            return self._refuse(media, 413, "LIMIT_EXCEEDED", message)
        try:
            data = read_json(body)
        except ValueError:
            return self._refuse(media, 400, "BAD_MESSAGE", "the body is not strict JSON")
        return await self._execute(request, media, data)

    async def _execute(self, request: Request, media: str, data: Any) -> Response:
        problem = _problem(data)
        if problem is not None:
            return self._refuse(media, 400, "BAD_MESSAGE", problem)
        _, result = await self.execute_graphql_query(request, data)
        if _is_refused(result):
            result.pop("data", None)
            # Old clients read no other status than 200 as a GraphQL response.
            return self._respond(media, 400 if media == RESPONSE_TYPE else 200, result)
        return self._respond(media, 200, result)

    async def _read(self, request: Request) -> bytes | None:
        """Return the body; None as soon as it is too large, whatever its headers say."""
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._body_bytes:
            return None
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._body_bytes:
                return None
        return bytes(body)

    def _refuse(self, media: str, status: int, code: str, message: str) -> Response:
        error = self.error_formatter(GraphQLError(message, extensions={"code": code}), False)
        return self._respond(media, status, {"errors": [error]})

    def _respond(self, media: str, status: int, result: Mapping[str, Any]) -> Response:
        text = json.dumps(result, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        headers = {"cache-control": "no-store", "vary": "Accept"}
        if status == 401:
            headers["www-authenticate"] = 'Bearer realm="rekuest"'
        return Response(text.encode(), status, headers, media_type=f"{media}; charset=utf-8")


def _status(error: RekuestError) -> tuple[int, str]:
    """Return the HTTP status and the code of an error of authentication."""
    code = getattr(error, "code", None) or "UNAUTHENTICATED"
    return {"FORBIDDEN": 403, "UNAVAILABLE": 503}.get(code, 401), code


def _problem(data: Any) -> str | None:
    """Return what is wrong with the parameters of a request; None if nothing is."""
    if not isinstance(data, dict):
        return "the body is one JSON object; several at a time are not taken"
    if not isinstance(data.get("query"), str) or not data["query"].strip():
        return "'query' must be the text of a document"
    if not isinstance(data.get("variables"), dict | None):
        return "'variables' must be an object"
    if not isinstance(data.get("extensions"), dict | None):
        return "'extensions' must be an object"
    if not isinstance(data.get("operationName"), str | None):
        return "'operationName' must be text"
    return None


def _is_refused(result: Mapping[str, Any]) -> bool:
    """Return whether nothing was executed: the document, its variables or its operation are at fault."""
    if result.get("data") is not None or not result.get("errors"):
        return False
    return not any(error.get("path") for error in result["errors"])
