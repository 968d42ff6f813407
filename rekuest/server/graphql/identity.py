"""Resolvers of users, the organization and OAuth2 clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ariadne import MutationType, ObjectType
from graphql import GraphQLResolveInfo

from rekuest.server.graphql.context import context_of
from rekuest.server.graphql.names import not_implemented
from rekuest.server.graphql.page import Connection, connection, list_of, one_of
from rekuest.server.graphql.related import related
from rekuest.server.service.read.page import read_one, read_page
from rekuest.server.store.rows import ClientRow, OrganizationRow, UserRow

__all__ = ["client", "me", "mutation", "query"]

query = ObjectType("Query")
query.set_field("user", one_of("users"))
query.set_field("clients", list_of("clients"))

client = ObjectType("Client")
client.set_field("owner", related("users", "owner"))


@dataclass(frozen=True, slots=True)
class MeRow:
    """Who a request is made for."""

    user: str
    app: str | None
    organization: str
    client: str | None


@query.field("users")
async def resolve_users(
    source: object,
    info: GraphQLResolveInfo,
    *,
    filter: Mapping[str, Any] | None = None,
    **page: Any,
) -> Connection[UserRow]:
    """List the users of the principal's organization."""
    context = context_of(info)
    filters = dict(filter or {})
    if filters.pop("group", None) is not None:
        raise not_implemented("UserFilter.group")
    listed = await read_page(context.reads.users.list_page, context.principal, **page, **filters)
    return connection(listed)


@query.field("organization")
async def resolve_organization(source: object, info: GraphQLResolveInfo) -> OrganizationRow | None:
    """Show the principal's organization."""
    context = context_of(info)
    id = context.principal.organization
    return await read_one(context.reads.organizations.get, context.principal, id)


@query.field("me")
def resolve_me(source: object, info: GraphQLResolveInfo) -> MeRow:
    """Show who the request is made for."""
    who = context_of(info).principal
    return MeRow(who.user, who.app, who.organization, who.client)


me = ObjectType("Me")
me.set_field("user", related("users", "user"))
me.set_field("organization", resolve_organization)


@me.field("client")
async def resolve_client(row: MeRow, info: GraphQLResolveInfo) -> ClientRow | None:
    """Show the client that the token came from."""
    context = context_of(info)
    if row.client is None:
        return None
    return await read_one(context.reads.clients.get, context.principal, row.client)


mutation = MutationType()


@mutation.field("createClient")
async def resolve_create_client(
    source: object, info: GraphQLResolveInfo, *, input: Mapping[str, Any]
) -> dict[str, ClientRow | str]:
    """Add an OAuth2 client and show its secret, once."""
    context = context_of(info)
    name, app = input["name"], input.get("app")
    made = await context.parts.identity.create_client(context.principal, name=name, app=app)
    return {"client": made.row, "clientSecret": made.secret}


@mutation.field("revokeClient")
async def resolve_revoke_client(
    source: object, info: GraphQLResolveInfo, *, input: Mapping[str, Any]
) -> dict[str, ClientRow]:
    """Make a client's credentials worthless."""
    context = context_of(info)
    revoked = await context.parts.identity.revoke_client(context.principal, input["id"])
    return {"client": revoked}
