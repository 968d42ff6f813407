"""Reads of provisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select, text

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Source, given
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_provisions
from rekuest.server.store.rows import ProvisionRow
from rekuest.server.store.viewer import Viewer

__all__ = ["ProvisionReads"]

_provision = tables.provision.c


class ProvisionReads:
    """Reads of provisions."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._source = Source(
            reader,
            tables.provision,
            ProvisionRow,
            visible_provisions,
            orders={"CREATED_AT": ("created_at",), "CHANGED_AT": ("changed_at",)},
        )

    async def get(self, id: str, *, viewer: Viewer | None) -> ProvisionRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _provision.id == id)

    async def get_many(
        self, ids: Iterable[str], *, viewer: Viewer | None
    ) -> dict[str, ProvisionRow]:
        """Read many by id: {id: row}, without those that the viewer may not see."""
        return await self._source.many(viewer, ids)

    async def of_reservations(
        self, reservations: Iterable[str], *, viewer: Viewer | None
    ) -> dict[str, list[ProvisionRow]]:
        """Read what stands behind each reservation: {reservation id: provisions, oldest first}, without empty ones."""
        link = tables.reservation_provision.c
        query = (
            self._source.select(viewer, link.reservation.in_(set(reservations)))
            .add_columns(link.reservation)
            .join_from(
                tables.provision, tables.reservation_provision, link.provision == _provision.id
            )
            .order_by(_provision.created_at, _provision.id)
        )
        linked: dict[str, list[ProvisionRow]] = defaultdict(list)
        for *row, reservation in await self._reader.run(query):
            linked[reservation].append(ProvisionRow(*row))
        return dict(linked)

    async def running_calls(self, ids: Iterable[str]) -> dict[str, int]:
        """Count the calls that each provision works on: {provision id: at least 1}, without idle ones."""
        call = tables.assignation.c
        query = (
            select(call.provision, func.count())
            .where(call.provision.in_(set(ids)), text(tables.LIVE_ASSIGNATION))
            .where(call.status != "QUEUED")
            .group_by(call.provision)
        )
        return {provision: count for provision, count in await self._reader.run(query)}

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        template: str | None = None,
        agent: str | None = None,
        status: Sequence[str] | None = None,
    ) -> Listed[ProvisionRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By a `ProvisionOrderField`.  None: newest first.
            template: Of the template with this id.
            agent: On the agent with this id.
            status: In one of these `ProvisionStatus`; an empty one matches none.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            (
                (template, _provision.template.__eq__),
                (agent, _provision.agent.__eq__),
                (status, _provision.status.in_),
            )
        )
        order = order or Order("CREATED_AT", "DESC")
        return await self._source.page(viewer, page, order, conditions)
