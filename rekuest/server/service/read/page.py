"""What every list has: who asks, which part, in which order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from rekuest.errors import ServerError
from rekuest.server.domain.principal import Principal
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.viewer import Viewer

__all__ = ["MAX_FIRST", "at_most", "read_one", "read_page", "viewer_of"]

Row = TypeVar("Row")

MAX_FIRST = 200


def viewer_of(principal: Principal) -> Viewer:
    """Return for whom a principal reads."""
    return Viewer(principal.organization, principal.user)


def at_most(first: int) -> int:
    """Return how many items are asked for.

    Raises:
        ServerError: `INVALID_INPUT`: fewer than none, or more than 200.
    """
    if not 0 <= first <= MAX_FIRST:
        raise ServerError(f"first is {first}; ask for 0 to {MAX_FIRST}", code="INVALID_INPUT")
    return first


async def read_one(
    get: Callable[..., Awaitable[Row | None]], principal: Principal, id: str
) -> Row | None:
    """Read one row of a concept (`reads.apps.get`); None if there is none that the principal may see."""
    return await get(id, viewer=viewer_of(principal))


async def read_page(
    list_page: Callable[..., Awaitable[Listed[Row]]],
    principal: Principal,
    *,
    first: int = 50,
    after: str | None = None,
    order: Mapping[str, str] | None = None,
    **filters: Any,
) -> Listed[Row]:
    """Read a page of a concept: what the principal may see of it.

    Args:
        list_page: The store's read: `reads.apps.list_page`.
        principal: Who asks.
        first: How many at most.
        after: The cursor that the page before ended with; None: from the start.
        order: {"by": …, "direction": …} after the concept's order input; None: its own order.
        filters: The concept's filters as the schema names them, in snake_case; None each: not given.

    Raises:
        ServerError: `INVALID_INPUT`: a page is larger than 200.
        CursorError: `INVALID_INPUT`: `after` is not a cursor of this list in this order.
    """
    if order is not None:
        filters["order"] = Order(order["by"], order["direction"])
    page = Page(at_most(first), after)
    return await list_page(viewer=viewer_of(principal), page=page, **filters)
