"""Whether the server lives, and whether it can work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rekuest.errors import RekuestError
from rekuest.server.store.read import Reads

__all__ = ["live", "ready_endpoint"]


async def live(request: Request) -> Response:
    """Answer as long as the process does."""
    return JSONResponse({"status": "ok"})


def ready_endpoint(
    reads: Reads, is_ready: Callable[[], bool]
) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that says whether calls are taken: the store answers, the service runs."""

    async def ready(request: Request) -> Response:
        try:
            await reads.organizations.by_identifier("")
        except RekuestError:
            return JSONResponse({"status": "the store does not answer"}, 503)
        if not is_ready():
            return JSONResponse({"status": "starting or stopping"}, 503)
        return JSONResponse({"status": "ok"})

    return ready
