"""Resolvers of calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from ariadne import MutationType, ObjectType
from graphql import GraphQLResolveInfo

from rekuest.api import wire
from rekuest.server.graphql.context import context_of
from rekuest.server.graphql.page import list_of
from rekuest.server.graphql.related import maybe, related
from rekuest.server.graphql.stream import Streams
from rekuest.server.service.read.assignation import read_assignation, read_events, read_logs
from rekuest.server.service.watch import (
    LossyEvent,
    Rings,
    calls_that_fit,
    watch_events,
    watch_rows,
)
from rekuest.server.store.rows import AssignationRow, EventRow, LogRow, ProgressRow

__all__ = ["assignation", "event", "mutation", "query", "subscription"]

query = ObjectType("Query")
query.set_field("assignations", list_of("assignations"))


@query.field("assignation")
async def resolve_assignation(
    source: object,
    info: GraphQLResolveInfo,
    *,
    id: str | None = None,
    reference: str | None = None,
) -> AssignationRow | None:
    """Show one call by id or by reference."""
    context = context_of(info)
    return await read_assignation(context.reads, context.principal, id=id, reference=reference)


assignation = ObjectType("Assignation")
assignation.set_field("node", related("nodes", "node"))
assignation.set_field("reservation", related("reservations", "reservation"))
assignation.set_field("provision", related("provisions", "provision"))
assignation.set_field("user", related("users", "user"))
assignation.set_field("progress", maybe("progress", None))
assignation.set_field("parent", related("assignations", "parent"))


@assignation.field("children")
async def resolve_children(row: AssignationRow, info: GraphQLResolveInfo, **page: Any) -> Any:
    """List the calls that a call made, oldest first."""
    order = {"by": "CREATED_AT", "direction": "ASC"}
    return await _children(row, info, order=order, **page)


_children = list_of("assignations", parent="id")


@assignation.field("events")
async def resolve_events(
    row: AssignationRow, info: GraphQLResolveInfo, *, after: int, first: int
) -> Sequence[EventRow]:
    """List what happened to a call."""
    return await read_events(context_of(info).reads, row.id, after=after, first=first)


@assignation.field("logs")
async def resolve_logs(
    row: AssignationRow, info: GraphQLResolveInfo, *, first: int
) -> Sequence[LogRow]:
    """List what a call logged."""
    return await read_logs(context_of(info).reads, row.id, first=first)


event = ObjectType("AssignationEvent")


@event.field("progress")
def resolve_progress(row: EventRow | LossyEvent, info: GraphQLResolveInfo) -> ProgressRow | None:
    """Show how far a call has come, for an event that is about it."""
    return row.progress if isinstance(row, LossyEvent) else None


@event.field("log")
def resolve_log(row: EventRow | LossyEvent, info: GraphQLResolveInfo) -> LogRow | None:
    """Show the line, for an event that is about one."""
    return row.log if isinstance(row, LossyEvent) else None


mutation = MutationType()


@mutation.field("assign")
async def resolve_assign(
    source: object, info: GraphQLResolveInfo, *, input: Mapping[str, Any]
) -> dict[str, AssignationRow | None]:
    """Call a node."""
    context = context_of(info)
    given = {**input, "reference": input.get("reference") or uuid4().hex}
    message = wire.Call(**given, ephemeral=False, cancel_on_disconnect=False)
    id = await context.parts.commands.assign(context.principal, message)
    return {"assignation": await read_assignation(context.reads, context.principal, id=id)}


@mutation.field("cancel")
async def resolve_cancel(
    source: object, info: GraphQLResolveInfo, *, input: Mapping[str, Any]
) -> dict[str, AssignationRow]:
    """End a call politely."""
    context = context_of(info)
    call = await context.parts.commands.cancel(context.principal, input["id"])
    return {"assignation": call}


@mutation.field("interrupt")
async def resolve_interrupt(
    source: object, info: GraphQLResolveInfo, *, input: Mapping[str, Any]
) -> dict[str, AssignationRow]:
    """End a call by force."""
    context = context_of(info)
    call = await context.parts.commands.interrupt(context.principal, input["id"])
    return {"assignation": call}


subscription = Streams()


@subscription.stream("assignationEvents")
async def follow_call(
    source: object, info: GraphQLResolveInfo, *, id: str, after: int
) -> AsyncIterator[EventRow | LossyEvent]:
    """Follow the events of one call to its end."""
    context = context_of(info)
    return await watch_events(context.parts.bus, context.reads, context.principal, id, after)


@subscription.stream("assignationChanged")
async def watch_calls(
    source: object, info: GraphQLResolveInfo, *, filter: Mapping[str, Any] | None = None
) -> AsyncIterator[AssignationRow]:
    """Follow the status of calls."""
    context = context_of(info)
    changes = Rings(context.parts.bus, "assignation")
    rows = watch_rows(changes, context.principal, context.reads.assignations.get)
    return calls_that_fit(rows, filter) if filter else rows
