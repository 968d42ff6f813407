"""What both ends of a connection tell the loop that owns the socket.  Made by `client` and `server`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rekuest.protocol.closing import CLOSE_CODES

__all__ = ["Shut", "shut"]

# RFC 6455: a control frame holds 125 bytes, two of them the code.
_REASON_BYTES: Final = 123


@dataclass(frozen=True, slots=True)
class Shut:
    """Close the socket; nothing that arrives later is read."""

    code: int
    reason: str


def shut(name: str, reason: str) -> Shut:
    """Return the closing for a value of `CloseCode`, its reason cut to what a close frame holds."""
    text = reason.encode("utf-8", "replace")[:_REASON_BYTES].decode("utf-8", "ignore")
    return Shut(CLOSE_CODES[name], text)
