"""Writes of calls and their events: the hot path."""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from sqlite3 import Connection
from typing import Any, NamedTuple

from rekuest.server.store import tables
from rekuest.server.store.commands import AcceptCall, ChangeCall, Outcome
from rekuest.server.store.rows import AssignationRow, EventRow
from rekuest.server.store.sqlite.codec import Codec, dump_json, execute_many

__all__ = [
    "CALL",
    "EVENT",
    "Change",
    "Shape",
    "accept_call",
    "accept_statement",
    "change_call",
    "change_statement",
    "read_change",
]

CALL = Codec(AssignationRow, tables.assignation)
EVENT = Codec(EventRow, tables.event)
_FIND = f'{CALL.select} WHERE "user" = ? AND app = ? AND reference = ?'
_EPOCH = "SELECT epoch FROM agent WHERE id = ?"

# What a `ChangeCall` may set; a field that is None stays as it is.
_JSON_FIELDS = ("returns", "error")
_FIELDS = (
    *("attempt", "seq", "provision", "agent", "reason", "started_at", "ended_at"),
    *_JSON_FIELDS,
)
_values = attrgetter(*_FIELDS)


class Shape(NamedTuple):
    """What changes must have in common to be made by one statement."""

    fields: tuple[str, ...]  # those that are set, in the order of `_FIELDS`
    is_fenced: bool  # whether an agent's epoch must be the newest
    unbind: bool


class Change(NamedTuple):
    """A `ChangeCall` as the driver takes it."""

    shape: Shape
    values: list[Any]  # for one place of `change_statement`
    texts: dict[
        int, str
    ]  # {`id()` of a JSON value: its text}; its event holds the same value, as a rule


def accept_call(connection: Connection, command: AcceptCall) -> AssignationRow:
    """Carry out `AcceptCall`."""
    row = command.row
    if not connection.execute(accept_statement(1), CALL.dump(row)).rowcount:
        identity = (row.user, row.app, row.reference)
        return CALL.load(connection.execute(_FIND, identity).fetchone())
    execute_many(connection, EVENT.insert_many, [EVENT.dump(event) for event in command.events])
    return row


@cache
def accept_statement(size: int) -> str:
    """Write the statement that stores `size` calls, without those whose reference is there already."""
    return f'{CALL.insert_many(size)} ON CONFLICT ("user", app, reference) DO NOTHING'


def change_call(connection: Connection, command: ChangeCall) -> Outcome:
    """Carry out `ChangeCall`.

    An event whose (attempt, seq) is stored already, or a second terminal one, violates a unique index; the
    writer reads that as `MOVED_ON`.
    """
    change = read_change(command)
    if not connection.execute(change_statement(change.shape, 1), change.values).rowcount:
        return _missed(connection, command)
    events = [EVENT.dump(event, change.texts) for event in command.events]
    execute_many(connection, EVENT.insert_many, events)
    return Outcome.STORED


def read_change(command: ChangeCall) -> Change:
    """Turn a `ChangeCall` into what the driver takes."""
    events = command.events
    values: list[Any] = [command.assignation, command.number, *(command.agent_epoch or ())]
    values += (command.status, events[-1].number if events else command.number)
    fields: list[str] = []
    texts: dict[int, str] = {}
    for name, value in zip(_FIELDS, _values(command), strict=True):
        if value is None:
            continue
        fields.append(name)
        if name in _JSON_FIELDS:
            texts[id(value)] = text = dump_json(value)
            values.append(text)
        else:
            values.append(value)
    shape = Shape(tuple(fields), command.agent_epoch is not None, command.unbind)
    return Change(shape, values, texts)


@cache
def change_statement(shape: Shape, size: int) -> str:
    """Write the statement that makes `size` changes of one shape, without those that no longer apply."""
    checked = ["id", "number", *(("agent", "epoch") if shape.is_fenced else ())]
    names = [*checked, "status", "number", *shape.fields]
    places = ", ".join([f"({', '.join('?' * len(names))})"] * size)
    settings = [
        f"{name} = new.column{place}" for place, name in enumerate(names, 1) if place > len(checked)
    ]
    if shape.unbind:
        settings += ["provision = NULL", "agent = NULL"]
    fence = "EXISTS (SELECT 1 FROM agent WHERE id = new.column3 AND epoch = new.column4)"
    return (
        f"UPDATE assignation SET {', '.join(settings)} FROM (VALUES {places}) AS new "
        "WHERE assignation.id = new.column1 AND assignation.number = new.column2"
        + (f" AND {fence}" if shape.is_fenced else "")
    )


def _missed(connection: Connection, command: ChangeCall) -> Outcome:
    """Tell why the update hit nothing."""
    if command.agent_epoch is not None:
        agent, epoch = command.agent_epoch
        if connection.execute(_EPOCH, (agent,)).fetchone() != (epoch,):
            return Outcome.LEASE_LOST
    return Outcome.MOVED_ON
