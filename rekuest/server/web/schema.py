"""`/schema.graphql`: the schema's text, for any signed-in principal, always: clients are generated from it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rekuest.errors import RekuestError
from rekuest.server.domain.principal import Principal

__all__ = ["schema_endpoint"]

Authenticate = Callable[[str], Awaitable[Principal]]


def schema_endpoint(
    sdl: str, authenticate: Authenticate
) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers with the SDL."""
    etag = f'"{hashlib.sha256(sdl.encode()).hexdigest()[:32]}"'

    async def endpoint(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise RekuestError("send an access token: Authorization: Bearer <token>")
            await authenticate(token.strip())
        except RekuestError as error:
            headers = {"www-authenticate": 'Bearer realm="rekuest"'}
            return JSONResponse({"error": str(error)}, 401, headers)
        headers = {"etag": etag, "cache-control": "private, no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(sdl, headers=headers, media_type="application/graphql")

    return endpoint
