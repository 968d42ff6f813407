"""Resolvers of provisions."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ariadne import ObjectType
from graphql import GraphQLResolveInfo

from rekuest.server.graphql.context import context_of
from rekuest.server.graphql.page import list_of, one_of
from rekuest.server.graphql.related import maybe, related
from rekuest.server.graphql.stream import Streams
from rekuest.server.service.watch import Rings, watch_rows
from rekuest.server.store.rows import ProvisionRow

__all__ = ["provision", "query", "subscription"]

query = ObjectType("Query")
query.set_field("provision", one_of("provisions"))
query.set_field("provisions", list_of("provisions"))

provision = ObjectType("Provision")
provision.set_field("template", related("templates", "template"))
provision.set_field("agent", related("agents", "agent"))
provision.set_field("runningCalls", maybe("running_calls", 0))

subscription = Streams()


@subscription.stream("provisionChanged")
async def watch_provisions(
    source: object, info: GraphQLResolveInfo, *, id: str | None = None
) -> AsyncIterator[ProvisionRow]:
    """Follow the status of provisions."""
    context = context_of(info)
    changes = Rings(context.parts.bus, "provision")
    return watch_rows(changes, context.principal, context.reads.provisions.get, id=id)
