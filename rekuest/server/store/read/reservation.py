"""Reads of reservations and of what was decided about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Source, given, select_rows
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_reservations
from rekuest.server.store.rows import DecisionRow, ReservationRow
from rekuest.server.store.viewer import Viewer

__all__ = ["ReservationReads"]

_reservation = tables.reservation.c


class ReservationReads:
    """Reads of reservations."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._source = Source(reader, tables.reservation, ReservationRow, visible_reservations)

    async def get(self, id: str, *, viewer: Viewer | None) -> ReservationRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _reservation.id == id)

    async def get_many(
        self, ids: Iterable[str], *, viewer: Viewer | None
    ) -> dict[str, ReservationRow]:
        """Read many by id: {id: row}, without those that the viewer may not see."""
        return await self._source.many(viewer, ids)

    async def by_reference(self, user: str, app: str, reference: str) -> ReservationRow | None:
        """Read the one that a user's app made under a reference; None if there is none."""
        return await self._source.one(
            None,
            _reservation.user == user,
            _reservation.app == app,
            _reservation.reference == reference,
        )

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        node: str | None = None,
        status: Sequence[str] | None = None,
        is_implicit: bool | None = None,
    ) -> Listed[ReservationRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By a `ReservationOrderField`.  None: newest first.
            node: Of the node with this id.
            status: In one of these `ReservationStatus`; an empty one matches none.
            is_implicit: Only the implicit, or only the explicit ones.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            (
                (node, _reservation.node.__eq__),
                (status, _reservation.status.in_),
                (is_implicit, _reservation.is_implicit.__eq__),
            )
        )
        order = order or Order("CREATED_AT", "DESC")
        return await self._source.page(viewer, page, order, conditions)

    async def decisions(self, reservation: str, *, first: int = 50) -> tuple[DecisionRow, ...]:
        """Read what was decided about a reservation, newest first.  The caller has seen that it is visible."""
        decision = tables.decision
        query = (
            select_rows(DecisionRow, decision)
            .where(decision.c.reservation == reservation)
            .order_by(decision.c.id.desc())
            .limit(first)
        )
        return tuple(DecisionRow(*row) for row in await self._reader.run(query))
