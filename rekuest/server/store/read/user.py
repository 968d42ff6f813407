"""Reads of users."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Condition, Source, given
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_users
from rekuest.server.store.rows import UserRow
from rekuest.server.store.viewer import Viewer

__all__ = ["UserReads"]

_user = tables.user.c


class UserReads:
    """Reads of users."""

    def __init__(self, reader: Reader) -> None:
        self._source = Source(
            reader,
            tables.user,
            UserRow,
            visible_users,
            orders={"CREATED_AT": ("created_at",), "NAME": ("name",)},
        )

    async def get(self, id: str, *, viewer: Viewer | None) -> UserRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _user.id == id)

    async def get_many(self, ids: Iterable[str], *, viewer: Viewer | None) -> dict[str, UserRow]:
        """Read many by id: {id: row}, without those that the viewer may not see."""
        return await self._source.many(viewer, ids)

    async def by_name(self, name: str) -> UserRow | None:
        """Read one by the name to sign in with, for the server itself; None if there is none."""
        return await self._source.one(None, _user.name == name)

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        search: str | None = None,
        is_blocked: bool | None = None,
    ) -> Listed[UserRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By a `UserOrderField`.  None: by name.
            search: Part of the name or of what people call them, in any case.
            is_blocked: Only those that are, or are not, blocked.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(((search, _found), (is_blocked, _user.is_blocked.__eq__)))
        return await self._source.page(viewer, page, order or Order("NAME"), conditions)


def _found(term: str) -> Condition:
    return or_(
        _user.name.icontains(term, autoescape=True),
        _user.display_name.icontains(term, autoescape=True),
    )
