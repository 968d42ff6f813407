"""Reads of OAuth2 clients."""

from __future__ import annotations

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Condition, Source, given
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_clients
from rekuest.server.store.rows import ClientRow
from rekuest.server.store.viewer import Viewer

__all__ = ["ClientReads"]

_client = tables.client.c


class ClientReads:
    """Reads of OAuth2 clients."""

    def __init__(self, reader: Reader) -> None:
        self._source = Source(
            reader,
            tables.client,
            ClientRow,
            visible_clients,
            orders={"CREATED_AT": ("created_at",), "NAME": ("name",)},
        )

    async def get(self, id: str, *, viewer: Viewer | None) -> ClientRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _client.id == id)

    async def by_client_id(self, client_id: str) -> ClientRow | None:
        """Read one by the public half of its credentials, for the server itself; also a revoked one."""
        return await self._source.one(None, _client.client_id == client_id)

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        search: str | None = None,
        is_revoked: bool | None = None,
    ) -> Listed[ClientRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By a `ClientOrderField`.  None: newest first.
            search: Part of the name, in any case.
            is_revoked: Only those that are, or are not, revoked.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            (
                (search, lambda term: _client.name.icontains(term, autoescape=True)),
                (is_revoked, _revoked),
            )
        )
        order = order or Order("CREATED_AT", "DESC")
        return await self._source.page(viewer, page, order, conditions)


def _revoked(wanted: bool) -> Condition:
    return _client.revoked_at.is_not(None) if wanted else _client.revoked_at.is_(None)
