"""Reads of calls, of their events and log lines."""

from __future__ import annotations

from rekuest.errors import ServerError
from rekuest.server.domain.principal import Principal
from rekuest.server.service.read.page import at_most, viewer_of
from rekuest.server.store.read import Reads
from rekuest.server.store.rows import AssignationRow, EventRow, LogRow

__all__ = ["read_assignation", "read_events", "read_logs"]


async def read_assignation(
    reads: Reads, principal: Principal, *, id: str | None = None, reference: str | None = None
) -> AssignationRow | None:
    """Read one call by id, or by the reference that the principal's user and app made it with.

    Raises:
        ServerError: `INVALID_INPUT`: neither is given.
    """
    if id is not None:
        found = await reads.assignations.get(id, viewer=viewer_of(principal))
        return found if found is not None and reference in (None, found.reference) else None
    if reference is None:
        raise ServerError("give the call's id or its reference", code="INVALID_INPUT")
    app = principal.app or ""  # what calls of no app are stored with
    return await reads.assignations.by_reference(principal.user, app, reference)


async def read_events(
    reads: Reads, assignation: str, *, after: int, first: int
) -> tuple[EventRow, ...]:
    """Read stored events of a call that the principal was shown, in order, after a number."""
    return await reads.assignations.events(assignation, after=after, first=at_most(first))


async def read_logs(reads: Reads, assignation: str, *, first: int) -> tuple[LogRow, ...]:
    """Read the newest log lines of a call that the principal was shown, oldest first."""
    return await reads.assignations.logs(assignation, first=at_most(first))
