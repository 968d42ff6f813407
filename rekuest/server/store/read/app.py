"""Reads of apps."""

from __future__ import annotations

from collections.abc import Iterable

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Source, given
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_apps
from rekuest.server.store.rows import AppRow
from rekuest.server.store.viewer import Viewer

__all__ = ["AppReads"]

_app = tables.app.c


class AppReads:
    """Reads of apps."""

    def __init__(self, reader: Reader) -> None:
        self._source = Source(
            reader,
            tables.app,
            AppRow,
            visible_apps,
            orders={"CREATED_AT": ("created_at",), "IDENTIFIER": ("identifier", "version")},
        )

    async def get(self, id: str, *, viewer: Viewer | None) -> AppRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _app.id == id)

    async def get_many(self, ids: Iterable[str], *, viewer: Viewer | None) -> dict[str, AppRow]:
        """Read many by id: {id: row}, without those that the viewer may not see."""
        return await self._source.many(viewer, ids)

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        identifier: str | None = None,
        search: str | None = None,
    ) -> Listed[AppRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By an `AppOrderField`.  None: newest first.
            identifier: Exactly this identifier.
            search: Part of the identifier, in any case.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            (
                (identifier, _app.identifier.__eq__),
                (search, lambda term: _app.identifier.icontains(term, autoescape=True)),
            )
        )
        order = order or Order("CREATED_AT", "DESC")
        return await self._source.page(viewer, page, order, conditions)
