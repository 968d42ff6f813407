"""What a server's URL tells: its origin, whether it is this machine's, what to say if nothing listens."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["DEFAULT_URL", "is_loopback", "origin", "unreachable"]

DEFAULT_URL = "http://127.0.0.1:8090"


def origin(url: str) -> tuple[str, str, int | None]:
    """Return what two URLs of one server have in common: scheme, host, port."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def is_loopback(url: str) -> bool:
    """Whether a URL points to this machine; no proxy can reach it, or should see what goes there."""
    host = (urlsplit(url).hostname or "").lower()
    return host in ("localhost", "::1") or host.startswith("127.")


def unreachable(url: str) -> str:
    """Return what to tell a person when nothing listens at a URL."""
    port = urlsplit(url).port
    option = "" if port in (None, 8090) else f" --port {port}"
    return (
        f"nothing listens at {url}; start a server with `rekuest server{option}`, or say where one is "
        "with url= or REKUEST_URL"
    )
