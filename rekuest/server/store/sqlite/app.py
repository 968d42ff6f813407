"""Writes of apps."""

from __future__ import annotations

from sqlite3 import Connection

from rekuest.server.store import tables
from rekuest.server.store.commands import SaveApp
from rekuest.server.store.rows import AppRow
from rekuest.server.store.sqlite.codec import Codec

_APP = Codec(AppRow, tables.app)
_SAVE = f"{_APP.insert} ON CONFLICT (organization, owner, identifier, version) DO NOTHING"
_FIND = f"{_APP.select} WHERE organization = ? AND owner = ? AND identifier = ? AND version = ?"


def save_app(connection: Connection, command: SaveApp) -> AppRow:
    """Carry out `SaveApp`."""
    row = command.row
    connection.execute(_SAVE, _APP.dump(row))
    identity = (row.organization, row.owner, row.identifier, row.version)
    return _APP.load(connection.execute(_FIND, identity).fetchone())
