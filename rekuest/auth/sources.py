"""What every way to get tokens has in common, and the simplest one: a token that is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from rekuest.clock import Clock
from rekuest.errors import AuthError

__all__ = ["Grant", "StaticToken", "TokenSource"]


class TokenSource(Protocol):
    """Gives access tokens for one server.  Used on one event loop."""

    async def aget_token(self) -> str:
        """Return a token that is valid for a while; usually a kept one.

        Raises:
            AuthError: The server does not accept the credentials, or there are none.
            TransportError: The server cannot be reached.
        """
        ...

    async def arefresh_token(self) -> str:
        """Return a new token, after the server has refused the last one, or is about to.

        Raises:
            AuthError: The server does not accept the credentials, or there are none.
            TransportError: The server cannot be reached.
        """
        ...


class Grant(Protocol):
    """Credentials: something that can get tokens from any server it is pointed at."""

    def source(self, url: str, clock: Clock) -> TokenSource:
        """Return a source of tokens for one server.

        Args:
            url: The server's, without a trailing slash.
            clock: Tells when a kept token is too old.
        """
        ...


@dataclass(frozen=True, slots=True)
class StaticToken:
    """An access token that was obtained elsewhere; it is used until the server refuses it."""

    token: str = field(repr=False)

    def source(self, url: str, clock: Clock) -> TokenSource:
        """Return the token itself, with the server that it is used for."""
        return _TokenFor(self.token, url)

    async def aget_token(self) -> str:
        """Return the token."""
        return self.token

    async def arefresh_token(self) -> str:
        """Refuse: a given token cannot be renewed."""
        raise _not_accepted("the server")


@dataclass(frozen=True, slots=True)
class _TokenFor(StaticToken):
    url: str

    async def arefresh_token(self) -> str:
        """Refuse, and name the server."""
        raise _not_accepted(f"the server at {self.url}")


def _not_accepted(server: str) -> AuthError:
    return AuthError(
        f"{server} does not accept the given token (wrong, expired or revoked); "
        "get a new one, or use ClientCredentialsGrant(client_id, client_secret)"
    )
