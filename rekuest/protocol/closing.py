"""Why sockets are closed, and what a client does then.  Source: schema/PROTOCOL.md, 1.6, 2.10; `CloseCode`."""

from __future__ import annotations

from typing import Final

__all__ = ["CLOSE_CODES", "close_name", "should_reconnect"]

CLOSE_CODES: Final[dict[str, int]] = {
    "PROTOCOL_ERROR": 1002,
    "INVALID_DATA": 1007,
    "FRAME_TOO_LARGE": 1009,
    "BAD_FRAME": 4400,
    "UNAUTHENTICATED": 4401,
    "FORBIDDEN": 4403,
    "UNSUPPORTED_VERSION": 4406,
    "TIMEOUT": 4408,
    "REPLACED": 4409,
    "TOO_SLOW": 4413,
    "RATE_LIMITED": 4429,
}
"""{value of CloseCode: close code of RFC 6455}."""

_NAMES: Final = {code: name for name, code in CLOSE_CODES.items()}

# Codes of RFC 6455 that say nothing about the client, and our own that say so (4408, 4413, 4429).
_RECONNECT: Final = frozenset({1000, 1001, 1006, 1011, 1012, 1013, 4408, 4413, 4429})


def close_name(code: int) -> str:
    """Return the name that the schema gives a close code, or its digits if it gives none."""
    return _NAMES.get(code, str(code))


def should_reconnect(code: int) -> bool:
    """Return whether a client reconnects with backoff after a close.

    After 4401 it reconnects once with a new token; whether it has done so is not known here, so the
    answer is False.
    """
    return code in _RECONNECT
