"""Following what changes: rings of the bus, and what the store says about them.

A ring says that something changed, the store says what it is now: a watcher that was rung twice reads once, and one
that was rung about something that its principal may not see stays silent.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rekuest.errors import ServerError
from rekuest.server.bus import Bus, Ring
from rekuest.server.domain.principal import Principal
from rekuest.server.service.read.page import viewer_of
from rekuest.server.store.page import Page
from rekuest.server.store.read import Reads
from rekuest.server.store.rows import AssignationRow, EventRow, LogRow, NodeRow, ProgressRow

__all__ = [
    "LossyEvent",
    "Rings",
    "calls_that_fit",
    "nodes_that_fit",
    "watch_events",
    "watch_rows",
]

Row = TypeVar("Row")

MAX_WAITING = 1000  # rings that a slow watcher may have waiting; older ones give way
PAGE = 200  # events read at a time
TERMINAL_KINDS = frozenset(
    {"DONE", "FAILED", "CANCELLED", "INTERRUPTED", "EXPIRED", "LOST", "PARKED"}
)


@dataclass(frozen=True, slots=True)
class LossyEvent:
    """An event without a number: progress or a log line."""

    kind: str  # AssignationEventKind
    at: float
    attempt: int
    progress: ProgressRow | None = None
    log: LogRow | None = None
    number: None = None
    returns: None = None
    error: None = None
    reason: None = None


class Rings:
    """The rings of one topic since this was made.  Not thread-safe; `with` ends the listening."""

    def __init__(self, bus: Bus, topic: str, *, coalesce: bool = True) -> None:
        self._coalesce = coalesce  # of the waiting rings of one key only the newest counts
        self._waiting: OrderedDict[object, Ring] = OrderedDict()
        self._rung = asyncio.Event()
        self._stop = bus.listen(topic, self._listen)

    def __enter__(self) -> Rings:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def __aiter__(self) -> Rings:
        return self

    async def __anext__(self) -> Ring:
        while not self._waiting:
            self._rung.clear()
            await self._rung.wait()
        return self._waiting.popitem(last=False)[1]

    def _listen(self, ring: Ring) -> None:
        self._waiting[ring.key if self._coalesce else object()] = ring
        if len(self._waiting) > MAX_WAITING:
            self._waiting.popitem(last=False)
        self._rung.set()


async def watch_rows(
    changes: Rings,
    principal: Principal,
    get: Callable[..., Awaitable[Row | None]],
    *,
    id: str | None = None,
    at_start: bool = False,
) -> AsyncIterator[Row]:
    """Yield each row of a concept whenever it changes, if the principal may see it.

    Args:
        changes: The concept's rings, whose keys are ids; made before anything was read.  Ended with this.
        principal: Who watches.
        get: The concept's read: `reads.agents.get`.
        id: Only this one; None: all.
        at_start: Yield the one that `id` names as it is now, first.
    """
    viewer = viewer_of(principal)
    with changes:
        if at_start and id is not None and (row := await get(id, viewer=viewer)) is not None:
            yield row
        async for ring in changes:
            if id in (None, ring.key) and (row := await get(ring.key, viewer=viewer)) is not None:
                yield row


async def nodes_that_fit(
    rows: AsyncIterator[NodeRow], reads: Reads, principal: Principal, filter: Mapping[str, Any]
) -> AsyncIterator[NodeRow]:
    """Yield the nodes for which all fields of a `NodeFilter` hold: the store decides, as it does for lists."""
    viewer = viewer_of(principal)
    async for row in rows:
        if filter.get("name") in (None, row.name):
            by_name = {**filter, "name": row.name}
            found = await reads.nodes.list_page(viewer=viewer, page=Page(PAGE), **by_name)
            if any(node.id == row.id for node in found.items):
                yield row


async def calls_that_fit(
    rows: AsyncIterator[AssignationRow], filter: Mapping[str, Any]
) -> AsyncIterator[AssignationRow]:
    """Yield the calls for which all fields of an `AssignationFilter` hold."""
    wanted = {name: value for name, value in filter.items() if value is not None}
    async for row in rows:
        if all(_FITS[name](row, value) for name, value in wanted.items()):
            yield row


_FITS: Mapping[str, Callable[[AssignationRow, Any], bool]] = {
    "node": lambda row, node: row.node == node,
    "reservation": lambda row, reservation: row.reservation == reservation,
    "status": lambda row, statuses: row.status in statuses,
    "parent": lambda row, parent: row.parent == parent,
    "is_root": lambda row, is_root: (row.parent is None) == is_root,
    "created_after": lambda row, instant: row.created_at >= instant,
    "created_before": lambda row, instant: row.created_at < instant,
}


async def watch_events(
    bus: Bus, reads: Reads, principal: Principal, id: str, after: int
) -> AsyncIterator[EventRow | LossyEvent]:
    """Follow one call: its stored events after a number, then each new one to the terminal one.

    Returns:
        The events, in order and without gaps; progress and log lines come between them, without a number.

    Raises:
        ServerError: `NOT_FOUND`: there is no call of this id that the principal may see.
    """
    changes = Rings(bus, f"assignation:{id}", coalesce=False)
    call = await reads.assignations.get(id, viewer=viewer_of(principal))
    if call is None:
        changes.__exit__(None)
        raise ServerError(f"there is no call {id!r}", code="NOT_FOUND")
    return _follow(changes, reads, call, after)


async def _follow(
    changes: Rings, reads: Reads, call: AssignationRow, after: int
) -> AsyncIterator[EventRow | LossyEvent]:
    attempt = call.attempt
    with changes:
        async for event in _stored(reads, call.id, after):
            yield event
            after, attempt = event.number, event.attempt
            if event.kind in TERMINAL_KINDS:
                return
        if call.ended_at is not None:
            return
        async for ring in changes:
            lossy = _lossy(ring.payload, attempt)
            if lossy is not None:
                yield lossy
                continue
            async for event in _news(ring, reads, call.id, after):
                yield event
                after, attempt = event.number, event.attempt
                if event.kind in TERMINAL_KINDS:
                    return


async def _news(ring: Ring, reads: Reads, id: str, after: int) -> AsyncIterator[EventRow]:
    """Yield what a ring is about: the event it carries if that is the next one, else what the store has."""
    event = ring.payload
    if isinstance(event, EventRow) and event.number == after + 1:
        yield event
    elif not isinstance(event, EventRow) or event.number > after:
        async for stored in _stored(reads, id, after):
            yield stored


async def _stored(reads: Reads, id: str, after: int) -> AsyncIterator[EventRow]:
    while True:
        events = await reads.assignations.events(id, after=after, first=PAGE)
        for event in events:
            yield event
            after = event.number
        if len(events) < PAGE:
            return


def _lossy(payload: object, attempt: int) -> LossyEvent | None:
    match payload:
        case ProgressRow():
            return LossyEvent("PROGRESS", payload.at, attempt, progress=payload)
        case LogRow():
            return LossyEvent("LOG", payload.at, attempt, log=payload)
        case _:
            return None
