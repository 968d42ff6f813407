"""What a starting server reads: everything that is not over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Select, Table, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rekuest.server.store import tables
from rekuest.server.store.errors import StoreError
from rekuest.server.store.read.query import select_rows
from rekuest.server.store.rows import (
    AgentRow,
    AppRow,
    AssignationRow,
    NodeRow,
    ProvisionRow,
    ReservationRow,
    TemplateRow,
    UserRow,
)

__all__ = ["LiveState", "load_live"]

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class LiveState:
    """Everything that a server needs in memory when it starts, as of one instant.  Oldest first, each."""

    users: tuple[UserRow, ...]
    apps: tuple[AppRow, ...]
    nodes: tuple[NodeRow, ...]
    templates: tuple[TemplateRow, ...]
    agents: tuple[AgentRow, ...]
    declared: Mapping[str, frozenset[str]]  # agent id -> ids of the templates that it declares
    provisions: tuple[ProvisionRow, ...]  # neither ENDED nor FAILED
    reservations: tuple[ReservationRow, ...]  # neither ENDED nor REJECTED
    linked: Mapping[str, frozenset[str]]  # id of such a reservation -> ids of its provisions
    assignations: tuple[AssignationRow, ...]  # not terminal


async def load_live(engine: AsyncEngine) -> LiveState:
    """Read what a starting server needs, in one snapshot.

    Raises:
        StoreError: The record cannot be read.
    """
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("BEGIN")  # the snapshot; ends with the connection
            return await _load(connection)
    except SQLAlchemyError as exc:
        raise StoreError(f"cannot read the record: {exc.__class__.__name__}") from exc


async def _load(connection: AsyncConnection) -> LiveState:
    link, behind = tables.agent_template, tables.reservation_provision
    is_live = text(tables.LIVE_RESERVATION)
    reservations = select(tables.reservation.c.id).where(is_live)
    return LiveState(
        users=await _rows(connection, UserRow, tables.user),
        apps=await _rows(connection, AppRow, tables.app),
        nodes=await _rows(connection, NodeRow, tables.node),
        templates=await _rows(connection, TemplateRow, tables.template),
        agents=await _rows(connection, AgentRow, tables.agent),
        declared=await _grouped(connection, select(link.c.agent, link.c.template)),
        provisions=await _rows(
            connection, ProvisionRow, tables.provision, text(tables.LIVE_PROVISION)
        ),
        reservations=await _rows(connection, ReservationRow, tables.reservation, is_live),
        linked=await _grouped(
            connection,
            select(behind.c.reservation, behind.c.provision).where(
                behind.c.reservation.in_(reservations)
            ),
        ),
        assignations=await _rows(
            connection, AssignationRow, tables.assignation, text(tables.LIVE_ASSIGNATION)
        ),
    )


async def _rows(
    connection: AsyncConnection, row: type[Row], table: Table, *conditions: Any
) -> tuple[Row, ...]:
    query = select_rows(row, table).where(*conditions).order_by(table.c.created_at, table.c.id)
    make: Any = row
    return tuple(make(*found) for found in (await connection.execute(query)).all())


async def _grouped(connection: AsyncConnection, pairs: Select[Any]) -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for key, value in (await connection.execute(pairs)).all():
        groups[key].add(value)
    return {key: frozenset(values) for key, values in groups.items()}
