"""Reads of OAuth2 clients."""

from __future__ import annotations

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Source
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_clients
from rekuest.server.store.rows import ClientRow
from rekuest.server.store.viewer import Viewer

__all__ = ["ClientReads"]


class ClientReads:
    """Reads of OAuth2 clients."""

    def __init__(self, reader: Reader) -> None:
        self._source = Source(reader, tables.client, ClientRow, visible_clients)

    async def get(self, id: str, *, viewer: Viewer | None) -> ClientRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, tables.client.c.id == id)

    async def by_client_id(self, client_id: str) -> ClientRow | None:
        """Read one by the public half of its credentials, for the server itself; also a revoked one."""
        return await self._source.one(None, tables.client.c.client_id == client_id)

    async def list_page(self, *, viewer: Viewer | None, page: Page) -> Listed[ClientRow]:
        """Read a page, newest first.

        Raises:
            CursorError: `page.after` is not of this list.
        """
        return await self._source.page(viewer, page, Order("CREATED_AT", "DESC"))
