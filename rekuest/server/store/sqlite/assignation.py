"""Writes of calls and their events: the hot path, a few statements each."""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from sqlite3 import Connection
from typing import Any

from rekuest.server.store import tables
from rekuest.server.store.commands import AcceptCall, ChangeCall, Outcome
from rekuest.server.store.rows import AssignationRow, EventRow
from rekuest.server.store.sqlite.codec import Codec, dump_json

_CALL = Codec(AssignationRow, tables.assignation)
_ACCEPT = f'{_CALL.insert} ON CONFLICT ("user", app, reference) DO NOTHING'
_FIND = f'{_CALL.select} WHERE "user" = ? AND app = ? AND reference = ?'
_EVENT = Codec(EventRow, tables.event)
_EPOCH = "SELECT epoch FROM agent WHERE id = ?"

# What a `ChangeCall` may set; a field that is None stays as it is.
_JSON_FIELDS = ("returns", "error")
_FIELDS = (
    *("attempt", "seq", "provision", "agent", "reason", "started_at", "ended_at"),
    *_JSON_FIELDS,
)
_values = attrgetter(*_FIELDS)

MOST_AT_ONCE = 16  # more events than this go one by one: each count is a statement of its own
_insert_events = cache(_EVENT.insert_many)


def accept_call(connection: Connection, command: AcceptCall) -> AssignationRow:
    """Carry out `AcceptCall`."""
    row = command.row
    if not connection.execute(_ACCEPT, _CALL.dump(row)).rowcount:
        identity = (row.user, row.app, row.reference)
        return _CALL.load(connection.execute(_FIND, identity).fetchone())
    _save_events(connection, command.events, {})
    return row


def change_call(connection: Connection, command: ChangeCall) -> Outcome:
    """Carry out `ChangeCall`.

    An event whose (attempt, seq) is stored already, or a second terminal one, violates a unique index; the
    writer reads that as `MOVED_ON`.
    """
    events = command.events
    texts: dict[int, str] = {}
    values: list[Any] = [command.status, events[-1].number if events else command.number]
    fields: list[str] = []
    for name, value in zip(_FIELDS, _values(command), strict=True):
        if value is None:
            continue
        fields.append(name)
        if name in _JSON_FIELDS:
            texts[id(value)] = dump_json(value)  # its event holds the same object, as a rule
        values.append(texts.get(id(value), value))
    values += (command.assignation, command.number)
    if command.agent_epoch is not None:
        values += command.agent_epoch
    statement = _change(tuple(fields), command.agent_epoch is not None, command.unbind)
    if not connection.execute(statement, values).rowcount:
        return _missed(connection, command)
    _save_events(connection, events, texts)
    return Outcome.STORED


@cache
def _change(fields: tuple[str, ...], is_fenced: bool, unbind: bool) -> str:
    """Write the conditional update that sets these fields; few combinations are ever used."""
    settings = ["status = ?", "number = ?", *(f"{name} = ?" for name in fields)]
    if unbind:
        settings += ["provision = NULL", "agent = NULL"]
    fence = " AND EXISTS (SELECT 1 FROM agent WHERE id = ? AND epoch = ?)" if is_fenced else ""
    return f"UPDATE assignation SET {', '.join(settings)} WHERE id = ? AND number = ?{fence}"


def _missed(connection: Connection, command: ChangeCall) -> Outcome:
    """Tell why the update hit nothing."""
    if command.agent_epoch is not None:
        agent, epoch = command.agent_epoch
        if connection.execute(_EPOCH, (agent,)).fetchone() != (epoch,):
            return Outcome.LEASE_LOST
    return Outcome.MOVED_ON


def _save_events(
    connection: Connection, events: tuple[EventRow, ...], texts: dict[int, str]
) -> None:
    if not events:
        return
    if len(events) > MOST_AT_ONCE:
        connection.executemany(_EVENT.insert, [_EVENT.dump(event, texts) for event in events])
        return
    values = [value for event in events for value in _EVENT.dump(event, texts)]
    connection.execute(_insert_events(len(events)), values)
