"""Reads of calls, of their events, progress and log lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Condition, Source, given, select_rows
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_assignations
from rekuest.server.store.rows import AssignationRow, EventRow, LogRow, ProgressRow
from rekuest.server.store.viewer import Viewer

__all__ = ["AssignationReads"]

_call = tables.assignation.c


class AssignationReads:
    """Reads of calls."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._source = Source(reader, tables.assignation, AssignationRow, visible_assignations)

    async def get(self, id: str, *, viewer: Viewer | None) -> AssignationRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _call.id == id)

    async def get_many(
        self, ids: Iterable[str], *, viewer: Viewer | None
    ) -> dict[str, AssignationRow]:
        """Read many by id: {id: row}, without those that the viewer may not see."""
        return await self._source.many(viewer, ids)

    async def by_reference(self, user: str, app: str, reference: str) -> AssignationRow | None:
        """Read the one that a user's app made under a reference; None if there is none."""
        return await self._source.one(
            None, _call.user == user, _call.app == app, _call.reference == reference
        )

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        node: str | None = None,
        reservation: str | None = None,
        status: Sequence[str] | None = None,
        parent: str | None = None,
        is_root: bool | None = None,
        created_after: float | None = None,
        created_before: float | None = None,
    ) -> Listed[AssignationRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By an `AssignationOrderField`.  None: newest first.
            node: Of the node with this id.
            reservation: Through the reservation with this id.
            status: In one of these `AssignationStatus`; an empty one matches none.
            parent: Made by the call with this id.
            is_root: Only those that no other call made, or only those that one made.
            created_after: Accepted at or after this instant, POSIX seconds.
            created_before: Accepted before this instant, POSIX seconds.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            (
                (node, _call.node.__eq__),
                (reservation, _call.reservation.__eq__),
                (status, _call.status.in_),
                (parent, _call.parent.__eq__),
                (is_root, _is_root),
                (created_after, _call.created_at.__ge__),
                (created_before, _call.created_at.__lt__),
            )
        )
        order = order or Order("CREATED_AT", "DESC")
        return await self._source.page(viewer, page, order, conditions)

    async def events(
        self, assignation: str, *, after: int = 0, first: int | None = None
    ) -> tuple[EventRow, ...]:
        """Read a call's stored events in order.  The caller has seen that the call is visible.

        Args:
            assignation: Id of the call.
            after: The last number already seen; 0: from the first one.
            first: How many at most; None: all.
        """
        event = tables.event
        query = (
            select_rows(EventRow, event)
            .where(event.c.assignation == assignation, event.c.number > after)
            .order_by(event.c.number)
            .limit(first)
        )
        return tuple(EventRow(*row) for row in await self._reader.run(query))

    async def logs(self, assignation: str, *, first: int = 100) -> tuple[LogRow, ...]:
        """Read a call's newest log lines, oldest first.  The caller has seen that the call is visible.

        Args:
            assignation: Id of the call.
            first: How many at most.
        """
        log = tables.log
        query = (
            select_rows(LogRow, log)
            .where(log.c.assignation == assignation)
            .order_by(log.c.id.desc())
            .limit(first)
        )
        newest = [LogRow(*row) for row in await self._reader.run(query)]
        return tuple(reversed(newest))

    async def progress_of(self, assignations: Iterable[str]) -> dict[str, ProgressRow]:
        """Read the newest progress of calls: {assignation id: progress}, without calls that reported none."""
        progress = tables.progress
        query = select_rows(ProgressRow, progress).where(
            progress.c.assignation.in_(set(assignations))
        )
        return {row[0]: ProgressRow(*row) for row in await self._reader.run(query)}


def _is_root(wanted: bool) -> Condition:
    return _call.parent.is_(None) if wanted else _call.parent.is_not(None)
