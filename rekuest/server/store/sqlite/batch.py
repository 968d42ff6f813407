"""The hot path taken together: a group's calls are stored by a few statements, not by a few each.

A statement for many rows runs inside SQLite from end to end.  One for each row would hand the interpreter over
between them, and a busy event loop is slow to give it back: the writer would crawl just when it is needed most.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from sqlite3 import Connection
from typing import Any

from rekuest.server.store.commands import AcceptCall, ChangeCall, Command, Outcome
from rekuest.server.store.rows import AssignationRow
from rekuest.server.store.sqlite.assignation import (
    CALL,
    EVENT,
    Shape,
    accept_statement,
    change_statement,
    read_change,
)
from rekuest.server.store.sqlite.codec import Statement, execute_many
from rekuest.server.store.sqlite.dispatch import CARRY_OUT

__all__ = ["UnevenError", "carry_out_together"]


class UnevenError(Exception):
    """Not every command applied; which ones did shows when they are carried out one by one."""


def carry_out_together(connection: Connection, commands: Sequence[Command]) -> list[Any]:
    """Carry out commands in their order, as far as that can be told from outside.

    Calls do not know each other, so those of different calls may pass one another; every other command waits for
    all before it.

    Returns:
        One result a command.

    Raises:
        UnevenError: A call was there already or had moved on, or a lease was lost.  Roll back.
    """
    batch = _Batch(connection)
    results: list[Any] = []
    for command in commands:
        if isinstance(command, AcceptCall):
            results.append(batch.accept(command))
        elif isinstance(command, ChangeCall):
            results.append(batch.change(command))
        else:
            batch.store()
            results.append(CARRY_OUT[type(command)](connection, command))
    batch.store()
    return results


class _Batch:
    """What waits for its statement: new calls, and at most one change of each call."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calls: list[list[Any]] = []
        self._changes: dict[Shape, list[list[Any]]] = {}
        self._changed: set[str] = set()  # ids of the calls in `_changes`
        self._events: list[list[Any]] = []

    def accept(self, command: AcceptCall) -> AssignationRow:
        """Put a call with its events where it waits; the result holds if it is stored."""
        if command.row.id in self._changed:
            self.store()
        self._calls.append(CALL.dump(command.row))
        self._events += [EVENT.dump(event) for event in command.events]
        return command.row

    def change(self, command: ChangeCall) -> Outcome:
        """Put a change with its events where it waits; the result holds if it is stored."""
        if command.assignation in self._changed:
            self.store()
        self._changed.add(command.assignation)
        change = read_change(command)
        self._changes.setdefault(change.shape, []).append(change.values)
        self._events += [EVENT.dump(event, change.texts) for event in command.events]
        return Outcome.STORED

    def store(self) -> None:
        """Store what waits: calls before the changes of them, events last."""
        self._run(accept_statement, self._calls)
        for shape, changes in self._changes.items():
            self._run(partial(change_statement, shape), changes)
        self._run(EVENT.insert_many, self._events)
        self._calls, self._changes, self._events = [], {}, []
        self._changed.clear()

    def _run(self, statement: Statement, rows: list[list[Any]]) -> None:
        if execute_many(self._connection, statement, rows) != len(rows):
            raise UnevenError
