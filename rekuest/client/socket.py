"""The seam to the network: text frames both ways, as `Link` needs them.

`rekuest.client.websocket` opens real ones.  Another way to open sockets (in memory, for tests of whole
programs) is given to `Connection` as `dial`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

__all__ = ["Dial", "Socket", "SocketClosed"]


class SocketClosed(Exception):
    """The socket is closed: by the peer, by this side, or by the network."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code  # of RFC 6455 or of `CloseCode`; 1006 if no close frame came
        self.reason = reason  # for people
        super().__init__(f"closed with {code}" + (f" ({reason})" if reason else ""))


class Socket(Protocol):
    """Frames, both ways."""

    async def receive(self) -> str | bytes:
        """Return the next frame: `str` if it is text, `bytes` if it is binary.

        Raises:
            SocketClosed: There is no next one.
        """
        ...

    async def send(self, frame: str) -> None:
        """Send a text frame; waits while the peer does not read.

        Raises:
            SocketClosed: It cannot be sent any more.
        """
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; returns when the peer has answered, or has had its time.  May be called twice."""
        ...


Dial = Callable[[str], Awaitable[Socket]]  # takes the server's URL, opens its `/session`
