"""Resolvers of reservations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from ariadne import MutationType, ObjectType
from graphql import GraphQLResolveInfo

from rekuest.api import wire
from rekuest.server.graphql.context import context_of
from rekuest.server.graphql.page import list_of, one_of
from rekuest.server.graphql.related import related, several
from rekuest.server.graphql.stream import Streams
from rekuest.server.service.read.page import at_most
from rekuest.server.service.watch import Rings, watch_rows
from rekuest.server.store.rows import DecisionRow, ReservationRow

__all__ = ["mutation", "query", "reservation", "subscription"]

query = ObjectType("Query")
query.set_field("reservation", one_of("reservations"))
query.set_field("reservations", list_of("reservations"))

reservation = ObjectType("Reservation")
reservation.set_field("node", related("nodes", "node"))
reservation.set_field("user", related("users", "user"))
reservation.set_field("provisions", several("behind"))
reservation.set_field("assignations", list_of("assignations", reservation="id"))


@reservation.field("decisions")
async def resolve_decisions(
    row: ReservationRow, info: GraphQLResolveInfo, *, first: int
) -> Sequence[DecisionRow]:
    """List what the server decided about a reservation."""
    return await context_of(info).reads.reservations.decisions(row.id, first=at_most(first))


mutation = MutationType()


@mutation.field("reserve")
async def resolve_reserve(
    source: object, info: GraphQLResolveInfo, *, input: Mapping[str, Any]
) -> dict[str, ReservationRow]:
    """Make a reservation that no session holds."""
    context = context_of(info)
    message = wire.Reserve(**{**input, "reference": input.get("reference") or uuid4().hex})
    made = await context.parts.commands.reserve(context.principal, message)
    return {"reservation": made}


@mutation.field("release")
async def resolve_release(
    source: object, info: GraphQLResolveInfo, *, input: Mapping[str, Any]
) -> dict[str, ReservationRow]:
    """End a reservation."""
    context = context_of(info)
    released = await context.parts.commands.release(context.principal, input["id"])
    return {"reservation": released}


subscription = Streams()


@subscription.stream("reservationChanged")
async def watch_reservations(
    source: object, info: GraphQLResolveInfo, *, id: str | None = None
) -> AsyncIterator[ReservationRow]:
    """Follow the status of reservations; the one that `id` names as it is now, first."""
    context = context_of(info)
    changes = Rings(context.parts.bus, "reservation")
    get = context.reads.reservations.get
    return watch_rows(changes, context.principal, get, id=id, at_start=True)
