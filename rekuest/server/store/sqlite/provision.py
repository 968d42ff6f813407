"""Writes of provisions."""

from __future__ import annotations

from sqlite3 import Connection

from rekuest.server.store import tables
from rekuest.server.store.commands import ChangeProvision, SaveProvision
from rekuest.server.store.rows import ProvisionRow
from rekuest.server.store.sqlite.codec import Codec

_PROVISION = Codec(ProvisionRow, tables.provision)
_CHANGE = """
    UPDATE provision SET status = ?, reason = ?, changed_at = ?, credits = COALESCE(?, credits)
    WHERE id = ?
"""


def save_provision(connection: Connection, command: SaveProvision) -> None:
    """Carry out `SaveProvision`."""
    connection.execute(_PROVISION.insert, _PROVISION.dump(command.row))


def change_provision(connection: Connection, command: ChangeProvision) -> bool:
    """Carry out `ChangeProvision`."""
    values = (command.status, command.reason, command.at, command.credits, command.id)
    return connection.execute(_CHANGE, values).rowcount > 0
