"""Who may act as whom: clients and their secrets, tokens, and the local client that a first start makes.

Called by the token endpoint, by the gateway and by GraphQL for each token, and by the command line.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

from rekuest.clock import Clock
from rekuest.errors import ServerError
from rekuest.server.domain.principal import Principal
from rekuest.server.identity.secrets import SecretHasher, new_secret
from rekuest.server.identity.tokens import Claims, TokenIssuer, unauthenticated
from rekuest.server.service.read.page import viewer_of
from rekuest.server.store.commands import (
    Command,
    RevokeClient,
    SaveClient,
    SaveOrganization,
    SaveUser,
    TouchClient,
)
from rekuest.server.store.rows import ClientRow, OrganizationRow, UserRow
from rekuest.server.store.store import Store

__all__ = ["LOCAL_CLIENT", "LOCAL_USER", "Identity", "IssuedToken", "NewClient"]

logger = logging.getLogger(__name__)

LOCAL_ORGANIZATION = "local"
LOCAL_USER = "admin"
LOCAL_CLIENT = "local"
MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """What a client gets for its credentials."""

    access_token: str
    expires_in: float  # seconds


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client that was just added, with the secret that nobody can read again."""

    row: ClientRow
    secret: str


class Identity:
    """Users, clients and tokens of one server."""

    def __init__(
        self, store: Store, tokens: TokenIssuer, clock: Clock, hasher: SecretHasher | None = None
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._hasher = hasher or SecretHasher()

    async def authenticate(self, token: str, app: str | None = None) -> Principal:
        """Return on whose behalf a token speaks.

        Args:
            token: An access token of this server.
            app: Identifier of the app that the sender says it is; None: it does not say (GraphQL).

        Raises:
            ServerError: `UNAUTHENTICATED`: the token does not count, or its client was revoked.
                `FORBIDDEN`: the user is blocked, or the client may not act as this app.
        """
        claims = self._tokens.verify(token, now=self._clock.now())
        client = await self._store.read.clients.by_client_id(claims.client_id)
        if client is None or client.revoked_at is not None or client.owner != claims.user:
            raise unauthenticated("its client has been revoked")
        user = await self._store.read.users.get(claims.user, viewer=None)
        if user is None or user.organization != claims.organization:
            raise unauthenticated("its user is not known here")
        if user.is_blocked:
            raise ServerError(f"user {user.name!r} is blocked", code="FORBIDDEN")
        if app is not None and client.app not in (None, app):
            raise ServerError(
                f"client {client.name!r} may act as app {client.app!r} only, not as {app!r}",
                code="FORBIDDEN",
            )
        return Principal(
            user=user.id,
            user_name=user.name,
            organization=user.organization,
            app=app or client.app,
            client=client.id,
            expires_at=claims.expires_at,
        )

    async def issue(self, client_id: str, secret: str) -> IssuedToken | None:
        """Return a token for a client's credentials; None if they are wrong, revoked, or of a blocked user."""
        client = await self._store.read.clients.by_client_id(client_id)
        secret_hash = client.secret_hash if client is not None else None
        is_right = await self._hasher.verify(secret_hash, secret)
        if client is None or not is_right or client.revoked_at is not None:
            return None
        user = await self._store.read.users.get(client.owner, viewer=None)
        if user is None or user.is_blocked:
            return None
        now = self._clock.now()
        await self._store.write(TouchClient(client.id, now))
        return self._issue(client, user, now)

    async def create_client(
        self, principal: Principal, *, name: str, app: str | None = None
    ) -> NewClient:
        """Add a client that acts as the principal's user.

        Raises:
            ServerError: `INVALID_INPUT`: the name or the app is empty or too long.
        """
        return await self._add_client(principal.user, name, app)

    async def revoke_client(self, principal: Principal, id: str) -> ClientRow:
        """Make a client of the principal's user worthless, with its tokens; again changes nothing.

        Raises:
            ServerError: `NOT_FOUND`: there is none of this id that is the user's.
        """
        client = await self._store.read.clients.get(id, viewer=viewer_of(principal))
        if client is None:
            raise ServerError(f"there is no client {id!r}", code="NOT_FOUND")
        await self._store.write(RevokeClient(id, self._clock.now()))
        self._hasher.forget(client.secret_hash)
        revoked = await self._store.read.clients.get(id, viewer=None)
        return revoked or client

    async def prepare(self) -> UserRow:
        """Make the local organization and its administrator if there are none; returns the administrator."""
        now = self._clock.now()
        organization: OrganizationRow = await self._write(
            SaveOrganization(OrganizationRow(new_id(), LOCAL_ORGANIZATION, "Local", now))
        )
        return await self._user(LOCAL_USER, organization.id, "Local administrator")

    async def local_client(self, known: tuple[str, str] | None) -> tuple[str, str]:
        """Return (client id, secret) of the local client, made anew if the known ones are not right any more.

        Args:
            known: What the credential file holds; None if there is none.
        """
        admin = await self.prepare()
        if known is not None:
            client = await self._store.read.clients.by_client_id(known[0])
            if (
                client is not None
                and client.revoked_at is None
                and await self._hasher.verify(client.secret_hash, known[1])
            ):
                return known
        made = await self._add_client(admin.id, LOCAL_CLIENT, None)
        return made.row.client_id, made.secret

    async def add_client(self, name: str, owner: str = LOCAL_USER) -> NewClient:
        """Add a client on the server's own behalf, for the command line.

        Args:
            name: What it is called.
            owner: Name of the user it acts as; one that does not exist is added to the local organization.
        """
        admin = await self.prepare()
        user = await self._user(owner, admin.organization, None)
        return await self._add_client(user.id, name, None)

    async def local_token(self, client_id: str) -> str:
        """Return a token of a client without its secret: for the link that a server in dev mode prints."""
        client = await self._store.read.clients.by_client_id(client_id)
        if client is None:
            raise unauthenticated("there is no such client")
        user = await self._store.read.users.get(client.owner, viewer=None)
        if user is None:
            raise unauthenticated("its user is not known here")
        return self._issue(client, user, self._clock.now()).access_token

    def _issue(self, client: ClientRow, user: UserRow, now: float) -> IssuedToken:
        lifetime = self._tokens.lifetime
        claims = Claims(user.id, client.client_id, user.organization, client.app, now + lifetime)
        return IssuedToken(self._tokens.issue(claims, now=now), lifetime)

    async def _user(self, name: str, organization: str, display_name: str | None) -> UserRow:
        _check_name("user", name)
        row = UserRow(
            id=new_id(),
            organization=organization,
            name=name,
            display_name=display_name,
            is_service=False,
            is_blocked=False,
            created_at=self._clock.now(),
        )
        stored: UserRow = await self._write(SaveUser(row))
        return stored

    async def _add_client(self, owner: str, name: str, app: str | None) -> NewClient:
        _check_name("client", name)
        if app is not None:
            _check_name("app", app)
        secret = new_secret()
        row = ClientRow(
            id=new_id(),
            client_id=f"rk-{token_hex(8)}",
            secret_hash=await self._hasher.hash(secret),
            name=name,
            owner=owner,
            app=app,
            created_at=self._clock.now(),
            last_used_at=None,
            revoked_at=None,
        )
        await self._write(SaveClient(row))
        logger.info("added client %r of user %s", name, owner)
        return NewClient(replace(row), secret)

    def _write(self, command: Command) -> Awaitable[Any]:
        return self._store.write(command)


def new_id() -> str:
    """Return a random opaque id."""
    return token_hex(12)


def _check_name(what: str, name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise ServerError(
            f"a {what} needs a name of 1 to {MAX_NAME_LENGTH} printable characters",
            code="INVALID_INPUT",
        )
