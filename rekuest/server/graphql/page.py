"""Lists: one resolver for all of them, and how a page looks in GraphQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from graphql import GraphQLResolveInfo

from rekuest.server.graphql.context import context_of
from rekuest.server.service.read.page import read_one, read_page
from rekuest.server.store.page import Listed

__all__ = ["Connection", "PageInfo", "connection", "list_of", "one_of"]

Row = TypeVar("Row")
Resolver = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page ends."""

    end_cursor: str | None
    has_next_page: bool


@dataclass(frozen=True, slots=True)
class Connection(Generic[Row]):
    """A page of a list."""

    items: tuple[Row, ...]
    page_info: PageInfo


def connection(listed: Listed[Row]) -> Connection[Row]:
    """Return a page of the store as the schema shows it."""
    return Connection(listed.items, PageInfo(listed.end_cursor, listed.has_next))


def one_of(concept: str) -> Resolver:
    """Return the resolver of a root field that shows one row of a concept by id: `app`."""

    async def resolve(source: object, info: GraphQLResolveInfo, *, id: str) -> Any:
        context = context_of(info)
        return await read_one(getattr(context.reads, concept).get, context.principal, id)

    return resolve


def list_of(concept: str, **of_parent: str) -> Resolver:
    """Return the resolver of a field that lists a concept page by page.

    Args:
        concept: As `Reads` names it: `apps`.
        of_parent: {filter of the store's read: attribute of the parent that it must equal}, for a list
            that belongs to an object: `node="id"`.
    """

    async def resolve(
        source: object,
        info: GraphQLResolveInfo,
        *,
        filter: Mapping[str, Any] | None = None,
        **page: Any,
    ) -> Connection[Any]:
        context = context_of(info)
        filters = dict(filter or {})
        for name, attribute in of_parent.items():
            filters[name] = getattr(source, attribute)
        list_page = getattr(context.reads, concept).list_page
        return connection(await read_page(list_page, context.principal, **page, **filters))

    return resolve
