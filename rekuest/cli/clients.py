"""`rekuest clients`: through the running server if there is one, else on its record."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from rekuest.cli.server import read_settings
from rekuest.clock import SystemClock
from rekuest.errors import AuthError, ServerError, UsageError
from rekuest.server.app import make_identity, open_store
from rekuest.server.identity.local import LocalCredentials, read_credentials
from rekuest.server.service.identity import LOCAL_USER
from rekuest.server.settings import ServerSettings

__all__ = ["Added", "add"]

TIMEOUT = 10.0
CREATE = """
mutation CreateClient($input: CreateClientInput!) {
  createClient(input: $input) { client { clientId } clientSecret }
}
"""


@dataclass(frozen=True, slots=True)
class Added:
    """The credentials of a new client."""

    client_id: str
    client_secret: str


def add(name: str, owner: str | None = None, *, data_dir: Path | None = None) -> Added:
    """Add a client.

    Args:
        name: What it is called.
        owner: Name of the user it acts as; None: the local admin.
        data_dir: Folder of the record; None: `REKUEST_DATA_DIR`, or the user's.

    Raises:
        UsageError: The server runs, and the client is to act as somebody else.
        StoreError: The record cannot be opened.
    """
    settings = read_settings(**({} if data_dir is None else {"data_dir": data_dir}))
    credentials = read_credentials(settings.data_dir)
    if credentials is not None and _answers(credentials.url):
        if owner not in (None, LOCAL_USER):
            raise UsageError(
                f"a running server adds clients for {LOCAL_USER!r} only; stop it, then add one for {owner!r}"
            )
        return _ask(credentials, name)
    return asyncio.run(_write(settings, name, owner or LOCAL_USER))


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", timeout=TIMEOUT).is_success
    except httpx.HTTPError:
        return False


def _ask(credentials: LocalCredentials, name: str) -> Added:
    """Add the client through the server that runs."""
    with httpx.Client(base_url=credentials.url, timeout=TIMEOUT) as http:
        answer = http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(credentials.client_id, credentials.client_secret),
        )
        if not answer.is_success:
            raise AuthError(
                f"the server at {credentials.url} does not know the local client; was it started "
                "with another data folder? give the same --data-dir"
            )
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        request = {"query": CREATE, "variables": {"input": {"name": name}}}
        result: dict[str, Any] = http.post("/graphql", json=request, headers=headers).json()
    if result.get("errors"):
        error = result["errors"][0]
        raise ServerError(error["message"], code=error.get("extensions", {}).get("code"))
    made = result["data"]["createClient"]
    return Added(made["client"]["clientId"], made["clientSecret"])


async def _write(settings: ServerSettings, name: str, owner: str) -> Added:
    """Add the client on the record itself; its lock keeps a server from starting meanwhile."""
    store = open_store(settings)
    await store.open()
    try:
        identity = make_identity(settings, store, SystemClock())
        made = await identity.add_client(name, owner)
    finally:
        await store.close()
    return Added(made.row.client_id, made.secret)
