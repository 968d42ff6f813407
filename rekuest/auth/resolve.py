"""Which server, with which credentials: arguments before the environment before the local file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from rekuest.auth.address import DEFAULT_URL
from rekuest.auth.client_credentials import ClientCredentialsGrant
from rekuest.auth.local import LocalGrant, load_credentials
from rekuest.auth.sources import Grant
from rekuest.errors import UsageError
from rekuest.paths import data_dir

__all__ = ["resolve_grant", "resolve_url"]


def resolve_url(url: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Return the server's URL, without a trailing slash.

    Args:
        url: As the program says it; `None`: `REKUEST_URL`, else the local server's file, else the default.
        environ: Environment variables; `None` is this process's.

    Raises:
        UsageError: It is not an http or https URL, or carries a user or a password.
        AuthError: The local server's file is needed and cannot be read.
    """
    environ = os.environ if environ is None else environ
    if url is not None:
        return _checked(url, "url=")
    if environ.get("REKUEST_URL"):
        return _checked(environ["REKUEST_URL"], "REKUEST_URL")
    local = load_credentials(data_dir(environ))
    return DEFAULT_URL if local is None else _checked(local.url, "client.json")


def resolve_grant(auth: Grant | None = None, environ: Mapping[str, str] | None = None) -> Grant:
    """Return the credentials to use.

    Args:
        auth: As the program says it; `None`: `REKUEST_CLIENT_ID` and `REKUEST_CLIENT_SECRET`, else the
            local server's file, read when a token is needed.
        environ: Environment variables; `None` is this process's.

    Raises:
        UsageError: One of the two variables is set without the other.
    """
    if auth is not None:
        return auth
    environ = os.environ if environ is None else environ
    client_id = environ.get("REKUEST_CLIENT_ID", "")
    client_secret = environ.get("REKUEST_CLIENT_SECRET", "")
    if client_id and client_secret:
        return ClientCredentialsGrant(client_id, client_secret)
    if client_id or client_secret:
        given, missing = "REKUEST_CLIENT_ID", "REKUEST_CLIENT_SECRET"
        if client_secret:
            given, missing = missing, given
        raise UsageError(f"{given} is set and {missing} is not; set both, or neither")
    return LocalGrant(data_dir(environ))


def _checked(url: str, said_by: str) -> str:
    parts = urlsplit(url)
    try:
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # the port is no number
        usable = False
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{said_by} carries a user or password; pass credentials as auth= instead")
    if not usable or parts.query or parts.fragment:
        raise UsageError(
            f"{said_by} {url!r} is not the URL of a server; write it as in {DEFAULT_URL!r}"
        )
    return url.rstrip("/")
