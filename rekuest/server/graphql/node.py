"""Resolvers of nodes.  Their words are those of the oldest template that the principal may see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from ariadne import ObjectType
from graphql import GraphQLResolveInfo

from rekuest.server.graphql.context import context_of
from rekuest.server.graphql.page import list_of
from rekuest.server.graphql.related import maybe
from rekuest.server.graphql.stream import Streams
from rekuest.server.service.read.node import read_node
from rekuest.server.service.watch import Rings, nodes_that_fit, watch_rows
from rekuest.server.store.rows import NodeRow

__all__ = ["node", "query", "subscription"]

query = ObjectType("Query")
query.set_field("nodes", list_of("nodes"))


@query.field("node")
async def resolve_node(
    source: object, info: GraphQLResolveInfo, *, id: str | None = None, hash: str | None = None
) -> NodeRow | None:
    """Show one node by id or by hash."""
    context = context_of(info)
    return await read_node(context.reads, context.principal, id=id, hash=hash)


node = ObjectType("Node")
node.set_field("isCallable", maybe("callable_nodes", False))
node.set_field("templates", list_of("templates", node="id"))
node.set_field("assignations", list_of("assignations", node="id"))


def in_words_of(name: str, default: Callable[[NodeRow], Any]) -> Callable[..., Any]:
    """Return the resolver of a field that the node takes from a template's declaration.

    Args:
        name: The field in the declaration.
        default: What it is where the principal may see no template.
    """

    async def resolve(row: NodeRow, info: GraphQLResolveInfo) -> Any:
        template = await context_of(info).loaders.words.load(row.id)
        return default(row) if template is None else template.body.get(name, default(row))

    return resolve


node.set_field("title", in_words_of("title", lambda row: row.name))
node.set_field("description", in_words_of("description", lambda row: None))
node.set_field("ports", in_words_of("ports", lambda row: ()))
node.set_field("groups", in_words_of("groups", lambda row: ()))

subscription = Streams()


@subscription.stream("nodeChanged")
async def watch_nodes(
    source: object, info: GraphQLResolveInfo, *, filter: Mapping[str, Any] | None = None
) -> AsyncIterator[NodeRow]:
    """Follow nodes as they come, go and change."""
    context = context_of(info)
    changes = Rings(context.parts.bus, "node")
    rows = watch_rows(changes, context.principal, context.reads.nodes.get)
    return nodes_that_fit(rows, context.reads, context.principal, filter) if filter else rows
