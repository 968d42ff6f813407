"""OAuth2 client credentials: an id and a secret that `rekuest clients add NAME` printed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from rekuest.auth.sources import TokenSource
from rekuest.clock import Clock
from rekuest.errors import UsageError

__all__ = ["ClientCredentialsGrant", "ClientCredentialsSource"]

# A token is renewed when this part of its life is left, so that it is still good when it arrives.
_MARGIN = 0.1


@dataclass(frozen=True, slots=True)
class ClientCredentialsGrant:
    """An OAuth2 client's id and secret."""

    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.client_id or not self.client_secret:
            raise UsageError(
                "ClientCredentialsGrant needs a client_id and a client_secret that are not empty; "
                "`rekuest clients add NAME` prints both"
            )

    def source(self, url: str, clock: Clock) -> TokenSource:
        """Return a source that gets tokens at `{url}/oauth/token` and keeps them while they last."""
        return ClientCredentialsSource(self, url, clock)


class ClientCredentialsSource:
    """Tokens for one server by client credentials."""

    def __init__(self, grant: ClientCredentialsGrant, url: str, clock: Clock) -> None:
        self._grant = grant
        self._url = url
        self._clock = clock
        self._token: str | None = None  # the newest; None before the first
        self._renew_at: float | None = (
            None  # monotonic; None: the server did not say how long it lasts
        )
        self._lock = asyncio.Lock()  # one request at a time, whoever asks

    async def aget_token(self) -> str:
        """Return the kept token, or a new one when it is about to expire."""
        async with self._lock:
            if self._token is not None and not self._is_old():
                return self._token
            return await self._fetch()

    async def arefresh_token(self) -> str:
        """Return a new token; those who ask while it is being fetched get the same one."""
        refused = self._token
        async with self._lock:
            if self._token is not None and self._token != refused:
                return self._token
            return await self._fetch()

    def _is_old(self) -> bool:
        return self._renew_at is not None and self._clock.monotonic() >= self._renew_at

    async def _fetch(self) -> str:
        from rekuest.auth.endpoint import fetch_token  # httpx takes 0.1 s: only who needs it waits

        asked_at = self._clock.monotonic()
        grant = self._grant
        token = await fetch_token(self._url, grant.client_id, grant.client_secret)
        lasts = token.expires_in
        self._renew_at = None if lasts is None else asked_at + lasts * (1 - _MARGIN)
        self._token = token.text
        return self._token
