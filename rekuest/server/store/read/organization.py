"""Reads of organizations."""

from __future__ import annotations

from rekuest.server.store import tables
from rekuest.server.store.read.query import Source
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_organizations
from rekuest.server.store.rows import OrganizationRow
from rekuest.server.store.viewer import Viewer

__all__ = ["OrganizationReads"]


class OrganizationReads:
    """Reads of organizations."""

    def __init__(self, reader: Reader) -> None:
        self._source = Source(reader, tables.organization, OrganizationRow, visible_organizations)

    async def get(self, id: str, *, viewer: Viewer | None) -> OrganizationRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, tables.organization.c.id == id)

    async def by_identifier(self, identifier: str) -> OrganizationRow | None:
        """Read one by its short unique name, for the server itself; None if there is none."""
        return await self._source.one(None, tables.organization.c.identifier == identifier)
