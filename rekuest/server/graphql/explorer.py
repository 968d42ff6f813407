"""GraphiQL, from files that ship with the package.  Served in dev mode only."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["POLICY", "explorer_page", "static_file"]

_STATIC = files("rekuest.server.graphql") / "static"

# {name: (file, media type)}; nothing else is served, so a path cannot lead elsewhere.
_FILES = {
    "graphiql.js": ("graphiql.js.gz", "text/javascript"),
    "graphiql.css": ("graphiql.css.gz", "text/css"),
    "react.js": ("react.js.gz", "text/javascript"),
    "react-dom.js": ("react-dom.js.gz", "text/javascript"),
    "explorer.js": ("explorer.js", "text/javascript"),
}
# GraphiQL sets styles on its elements and shows icons from data: URLs; scripts come from here only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def explorer_page() -> str:
    """Return the page."""
    return (_STATIC / "explorer.html").read_text(encoding="utf-8")


async def static_file(request: Request) -> Response:
    """Answer with one of the page's files."""
    found = _FILES.get(request.path_params["name"])
    if found is None:
        return Response(status_code=404)
    name, media_type = found
    headers = {"cache-control": "private, max-age=3600"}
    if name.endswith(".gz"):
        headers["content-encoding"] = "gzip"
    return Response((_STATIC / name).read_bytes(), 200, headers, media_type)
