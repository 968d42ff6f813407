"""Resolvers of fields that show what belongs to a row, read together with what belongs to its neighbours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import GraphQLResolveInfo

from rekuest.server.graphql.context import context_of

__all__ = ["maybe", "related", "several"]

Resolver = Callable[..., Any]


def related(loader: str, attribute: str) -> Resolver:
    """Return the resolver of a field whose object the row's attribute names by id.

    Args:
        loader: Which of `Loaders`.
        attribute: Where the row has the id; None there is null.
    """

    def resolve(source: Any, info: GraphQLResolveInfo) -> Awaitable[Any] | None:
        key = getattr(source, attribute)
        return None if key is None else getattr(context_of(info).loaders, loader).load(key)

    return resolve


def several(loader: str) -> Resolver:
    """Return the resolver of a field that lists what belongs to the row, all of it."""
    return maybe(loader, ())


def maybe(loader: str, default: object) -> Resolver:
    """Return the resolver of a field that a loader knows by the row's id, with what holds if it knows nothing."""

    async def resolve(source: Any, info: GraphQLResolveInfo) -> Any:
        found = await getattr(context_of(info).loaders, loader).load(source.id)
        return default if found is None else found

    return resolve
