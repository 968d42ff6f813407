"""Reads of structures."""

from __future__ import annotations

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Source, given
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_structures
from rekuest.server.store.rows import StructureRow
from rekuest.server.store.viewer import Viewer

__all__ = ["StructureReads"]

_structure = tables.structure.c


class StructureReads:
    """Reads of structures."""

    def __init__(self, reader: Reader) -> None:
        self._source = Source(
            reader,
            tables.structure,
            StructureRow,
            visible_structures,
            orders={"CREATED_AT": ("created_at",), "IDENTIFIER": ("identifier",)},
        )

    async def by_identifier(self, identifier: str, *, viewer: Viewer) -> StructureRow | None:
        """Read one of the viewer's organization by its identifier; None if there is none."""
        return await self._source.one(viewer, _structure.identifier == identifier)

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        search: str | None = None,
    ) -> Listed[StructureRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By a `StructureOrderField`.  None: by identifier.
            search: Part of the identifier, in any case.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            ((search, lambda term: _structure.identifier.icontains(term, autoescape=True)),)
        )
        return await self._source.page(viewer, page, order or Order("IDENTIFIER"), conditions)
