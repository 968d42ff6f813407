"""One socket to a server, for as long as its owner wants it: opened, kept alive, opened again.

The rules are in `rekuest.protocol.client`; this module owns the socket and the tasks that move frames.
The caller, the agent and whoever else talks through it share one connection.
Source: schema/PROTOCOL.md, 1, 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rekuest.api import wire
from rekuest.auth import TokenSource
from rekuest.clock import Clock
from rekuest.errors import RekuestError

__all__ = ["Connection", "Handler", "Identity", "LostHook", "OpenedHook"]

Handler = Callable[[wire.ServerMessage], None]
OpenedHook = Callable[[wire.Welcome], Iterable[wire.ClientMessage]]
LostHook = Callable[[RekuestError], None]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks, as `Hello` says it."""

    identifier: str  # of the app
    version: str  # of the app
    instance_id: str  # which running program of the app
    session_id: str  # random, one for the life of the client


class Connection:
    """A connection that outlives its sockets.  Use it on one event loop only."""

    def __init__(self, url: str, identity: Identity, tokens: TokenSource, clock: Clock) -> None:
        raise NotImplementedError

    @property
    def welcome(self) -> wire.Welcome | None:
        """What the server last answered to `Hello`; `None` before the first time."""
        raise NotImplementedError

    @property
    def is_open(self) -> bool:
        """Whether messages go out now; if not, `send` drops them and `on_opened` hooks repeat."""
        raise NotImplementedError

    async def open(self, *, retry_forever: bool = False) -> wire.Welcome:
        """Open the socket, unless it is open; concurrent calls share one attempt.

        Args:
            retry_forever: Log a first failure and go on trying, as a provider wants it.  Without it
                a first failure raises at once; after a first success lost sockets are always replaced.

        Raises:
            TransportError: Nothing listens there; says the URL and the command that starts a server.
            AuthError: The server does not accept the credentials.
            RemoteProtocolError: The server refuses this client for good.
        """
        raise NotImplementedError

    def send(self, message: wire.ClientMessage) -> None:
        """Queue a message; all that is queued when the writer wakes goes out as one frame.

        Dropped while no socket is open: what must not be lost is repeated by an `on_opened` hook.

        Raises:
            LocalProtocolError: The message alone is over the server's limits.
        """
        raise NotImplementedError

    def subscribe(self, handler: Handler, *types: type[wire.ServerMessage]) -> None:
        """Have a function called with each message of these types (none: of all), in order.

        It runs on the loop, between two frames: it must be quick, and what it raises is logged.
        """
        raise NotImplementedError

    def on_opened(self, hook: OpenedHook) -> None:
        """Have a function called at each `Welcome`; what it returns goes out first.

        If the socket is open already, it is called at once.
        """
        raise NotImplementedError

    def on_lost(self, hook: LostHook) -> None:
        """Have a function called when a socket is lost and will be replaced."""
        raise NotImplementedError

    def on_ended(self, hook: LostHook) -> None:
        """Have a function called when the connection has ended for good, with the reason."""
        raise NotImplementedError

    async def wait_ended(self) -> None:
        """Return after `aclose`.

        Raises:
            RekuestError: The connection ended for another reason, e.g. another session replaced it.
        """
        raise NotImplementedError

    async def aclose(self, reason: str | None = None) -> None:
        """Say `Goodbye`, close the socket and end all tasks.  May be called twice."""
        raise NotImplementedError
