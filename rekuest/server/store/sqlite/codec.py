"""Rows as the driver takes and gives them, and the statements that every table shares, written once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from sqlite3 import Connection
from typing import Any, Generic, TypeVar

from sqlalchemy import Boolean, Table

from rekuest.server.store.tables import JsonText

__all__ = ["Codec", "Statement", "dump_json", "execute_many"]

Row = TypeVar("Row")
Statement = Callable[[int], str]  # the text for a number of rows

NONE_KNOWN: Mapping[int, str] = {}

# How many rows one statement takes: each size is a text that SQLite compiles once, and few sizes make up any number.
SIZES = (64, 16, 4, 1)

# Compact, and exact: NaN and lone surrogates were refused at the edge and raise here.
dump_json = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


class Codec(Generic[Row]):
    """One row class and its table."""

    def __init__(self, row: type[Row], table: Table) -> None:
        self._row: Callable[..., Row] = row
        self._table = table.name
        names = [field.name for field in dataclasses.fields(row)]  # type: ignore[arg-type]  # a row is one
        self._values = attrgetter(*names)
        self._json = _positions(names, table, JsonText)
        self._booleans = _positions(names, table, Boolean)
        self._columns = ", ".join(f'"{name}"' for name in names)
        self._places = f"({', '.join('?' * len(names))})"
        self._inserts: dict[int, str] = {}
        self.select = (
            f'SELECT {self._columns} FROM "{self._table}"'  # add a WHERE; read with `load`
        )
        self.insert = self.insert_many(1)  # takes what `dump` gives

    def insert_many(self, size: int) -> str:
        """Return the statement that inserts `size` rows; it takes their values one after the other."""
        text = self._inserts.get(size)
        if text is None:
            places = ", ".join([self._places] * size)
            text = f'INSERT INTO "{self._table}" ({self._columns}) VALUES {places}'
            self._inserts[size] = text
        return text

    def dump(self, row: Row, texts: Mapping[int, str] = NONE_KNOWN) -> list[Any]:
        """Turn a row into what the driver takes.

        Args:
            row: The row.
            texts: {`id()` of a JSON value: its text}, for values that were written before.
        """
        values = list(self._values(row))
        for position in self._json:
            value = values[position]
            if value is not None:
                values[position] = texts.get(id(value)) or dump_json(value)
        return values

    def load(self, found: Sequence[Any]) -> Row:
        """Turn what the driver gives for `select` into a row."""
        values = list(found)
        for position in self._json:
            value = values[position]
            if value is not None:
                values[position] = json.loads(value)
        for position in self._booleans:
            values[position] = bool(values[position])
        return self._row(*values)


def _positions(names: Sequence[str], table: Table, kind: type) -> tuple[int, ...]:
    return tuple(
        position for position, name in enumerate(names) if isinstance(table.c[name].type, kind)
    )


def execute_many(connection: Connection, statement: Statement, rows: Sequence[list[Any]]) -> int:
    """Run a statement for any number of rows; returns how many it stored or changed."""
    done = changed = 0
    for size in SIZES:
        while len(rows) - done >= size:
            piece = rows[done : done + size]
            values = piece[0] if size == 1 else [value for row in piece for value in row]
            changed += connection.execute(statement(size), values).rowcount
            done += size
    return changed
