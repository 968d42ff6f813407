"""Writes of organizations, users and clients."""

from __future__ import annotations

from sqlite3 import Connection

from rekuest.server.store import tables
from rekuest.server.store.commands import (
    RevokeClient,
    SaveClient,
    SaveOrganization,
    SaveUser,
    TouchClient,
)
from rekuest.server.store.rows import ClientRow, OrganizationRow, UserRow
from rekuest.server.store.sqlite.codec import Codec

_ORGANIZATION = Codec(OrganizationRow, tables.organization)
_SAVE_ORGANIZATION = f"{_ORGANIZATION.insert} ON CONFLICT (identifier) DO NOTHING"
_FIND_ORGANIZATION = f"{_ORGANIZATION.select} WHERE identifier = ?"

_USER = Codec(UserRow, tables.user)
_SAVE_USER = f"{_USER.insert} ON CONFLICT (name) DO NOTHING"
_FIND_USER = f"{_USER.select} WHERE name = ?"

_CLIENT = Codec(ClientRow, tables.client)
_TOUCH_CLIENT = "UPDATE client SET last_used_at = ? WHERE id = ?"
_REVOKE_CLIENT = "UPDATE client SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?"


def save_organization(connection: Connection, command: SaveOrganization) -> OrganizationRow:
    """Carry out `SaveOrganization`."""
    row = command.row
    connection.execute(_SAVE_ORGANIZATION, _ORGANIZATION.dump(row))
    return _ORGANIZATION.load(connection.execute(_FIND_ORGANIZATION, (row.identifier,)).fetchone())


def save_user(connection: Connection, command: SaveUser) -> UserRow:
    """Carry out `SaveUser`."""
    connection.execute(_SAVE_USER, _USER.dump(command.row))
    return _USER.load(connection.execute(_FIND_USER, (command.row.name,)).fetchone())


def save_client(connection: Connection, command: SaveClient) -> None:
    """Carry out `SaveClient`."""
    connection.execute(_CLIENT.insert, _CLIENT.dump(command.row))


def touch_client(connection: Connection, command: TouchClient) -> None:
    """Carry out `TouchClient`."""
    connection.execute(_TOUCH_CLIENT, (command.at, command.id))


def revoke_client(connection: Connection, command: RevokeClient) -> bool:
    """Carry out `RevokeClient`."""
    return connection.execute(_REVOKE_CLIENT, (command.at, command.id)).rowcount > 0
