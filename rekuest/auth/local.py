"""The credentials of the local server, which it writes into its data folder at each start."""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rekuest.auth.address import origin, unreachable
from rekuest.auth.client_credentials import ClientCredentialsGrant
from rekuest.auth.sources import TokenSource
from rekuest.clock import Clock
from rekuest.errors import AuthError, TransportError
from rekuest.paths import CREDENTIALS_FILE

__all__ = ["LocalCredentials", "LocalGrant", "LocalSource", "load_credentials"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalCredentials:
    """What the file says."""

    url: str  # the server's; the credentials are for its origin and no other
    client_id: str
    client_secret: str = field(repr=False)


def load_credentials(data_dir: Path) -> LocalCredentials | None:
    """Read the local server's credential file.

    Args:
        data_dir: The server's data folder.

    Returns:
        Its content; `None` if there is no such file: no server was started with this folder yet.

    Raises:
        AuthError: The file cannot be read, or is not what a server writes.
    """
    path = data_dir / CREDENTIALS_FILE
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise AuthError(f"cannot read the credential file {path}: {exc.strerror}") from exc
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        logger.warning("others can read the credential file %s; run `chmod 600` on it", path)
    try:
        content = json.loads(text)
        found = [content[key] for key in ("url", "client_id", "client_secret")]
        if not all(isinstance(value, str) and value for value in found):
            raise TypeError("not text")
        origin(found[0])
    except (ValueError, KeyError, TypeError) as exc:
        raise AuthError(
            f"the credential file {path} is not one that a server wrote; start `rekuest server` "
            "again to have it rewritten"
        ) from exc
    return LocalCredentials(*found)


@dataclass(frozen=True, slots=True)
class LocalGrant:
    """Whatever the local server's file says at the moment: the server may yet be started, or again."""

    data_dir: Path

    def source(self, url: str, clock: Clock) -> TokenSource:
        """Return a source that reads the file when a token is needed, and uses it only for its origin."""
        return LocalSource(self.data_dir, url, lambda grant: grant.source(url, clock))


class LocalSource:
    """Tokens for one server by its credential file."""

    def __init__(
        self, data_dir: Path, url: str, make: Callable[[ClientCredentialsGrant], TokenSource]
    ) -> None:
        self._data_dir = data_dir
        self._url = url
        self._make = make  # a source for what the file says
        self._source: TokenSource | None = None  # of the newest content of the file

    async def aget_token(self) -> str:
        """Return a token by what the file said when one was last fetched."""
        if self._source is None:
            self._source = await self._read()
        return await self._source.aget_token()

    async def arefresh_token(self) -> str:
        """Return a new token by what the file says now: a new store has new secrets."""
        self._source = await self._read()
        return await self._source.arefresh_token()

    async def _read(self) -> TokenSource:
        found = load_credentials(self._data_dir)
        if found is not None and origin(found.url) == origin(self._url):
            return self._make(ClientCredentialsGrant(found.client_id, found.client_secret))
        from rekuest.auth.endpoint import answers  # httpx takes 0.1 s

        if not await answers(self._url):
            raise TransportError(unreachable(self._url))
        path = self._data_dir / CREDENTIALS_FILE
        reason = f"{path} is for {found.url}" if found else f"there is no {path}"
        raise AuthError(
            f"no credentials for the server at {self._url} ({reason}); pass auth=, or set "
            "REKUEST_CLIENT_ID and REKUEST_CLIENT_SECRET, or REKUEST_DATA_DIR as the server has it"
        )
