"""Resolvers of structures."""

from __future__ import annotations

from ariadne import ObjectType
from graphql import GraphQLResolveInfo

from rekuest.server.graphql.context import context_of
from rekuest.server.graphql.page import list_of
from rekuest.server.service.read.page import viewer_of
from rekuest.server.store.rows import StructureRow

__all__ = ["query"]

query = ObjectType("Query")
query.set_field("structures", list_of("structures"))


@query.field("structure")
async def resolve_structure(
    source: object, info: GraphQLResolveInfo, *, identifier: str
) -> StructureRow | None:
    """Show one structure."""
    context = context_of(info)
    viewer = viewer_of(context.principal)
    return await context.reads.structures.by_identifier(identifier, viewer=viewer)
