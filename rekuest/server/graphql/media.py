"""Which media type a GraphQL response has.  Source: GraphQL over HTTP, "Media Types" and "Body"."""

from __future__ import annotations

__all__ = ["JSON_TYPE", "RESPONSE_TYPE", "accepts_html", "is_json", "negotiate"]

RESPONSE_TYPE = "application/graphql-response+json"
JSON_TYPE = "application/json"

# What each range of an Accept header is answered with.  A client that names no type of ours exactly is
# an old one: it gets the type that old clients know.
_ANSWERS = {
    RESPONSE_TYPE: RESPONSE_TYPE,
    JSON_TYPE: JSON_TYPE,
    "application/*": JSON_TYPE,
    "*/*": JSON_TYPE,
}


def negotiate(accept: str | None) -> str | None:
    """Return the media type of the response; None if the client accepts none that there is."""
    if accept is None or not accept.strip():
        return JSON_TYPE
    ranges = [(kind, quality) for kind, quality in _ranges(accept) if kind in _ANSWERS]
    wanted = [(quality, kind == RESPONSE_TYPE, kind) for kind, quality in ranges if quality > 0]
    return _ANSWERS[max(wanted)[2]] if wanted else None


def accepts_html(accept: str | None) -> bool:
    """Return whether a browser asks for a page."""
    return any(kind == "text/html" and quality > 0 for kind, quality in _ranges(accept or ""))


def is_json(content_type: str | None) -> bool:
    """Return whether a body says that it is JSON in UTF-8: no form and no plain text, which any page can send."""
    kind, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    charsets = [part[8:].strip('"') for part in parameters if part.startswith("charset=")]
    return kind == JSON_TYPE and all(charset in ("utf-8", "utf8") for charset in charsets)


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Return (media range, quality) each; a quality that is no number counts as 0."""
    found = []
    for part in accept.lower().split(","):
        kind, *parameters = [piece.strip() for piece in part.split(";")]
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        found.append((kind, quality))
    return found
