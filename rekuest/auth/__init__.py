"""How a client proves who it is: grants, tokens, and the local server's credential file.

Importing this loads no HTTP library; fetching the first token does.
"""

from rekuest.auth.address import DEFAULT_URL, is_loopback, origin, unreachable
from rekuest.auth.client_credentials import ClientCredentialsGrant
from rekuest.auth.local import LocalCredentials, LocalGrant, load_credentials
from rekuest.auth.resolve import resolve_grant, resolve_url
from rekuest.auth.sources import Grant, StaticToken, TokenSource

__all__ = [
    "DEFAULT_URL",
    "ClientCredentialsGrant",
    "Grant",
    "LocalCredentials",
    "LocalGrant",
    "StaticToken",
    "TokenSource",
    "is_loopback",
    "load_credentials",
    "origin",
    "resolve_grant",
    "resolve_url",
    "unreachable",
]
