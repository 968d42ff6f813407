"""Writes of reservations, of the provisions behind them, and of what was decided about them."""

from __future__ import annotations

from sqlite3 import Connection

from rekuest.server.store import tables
from rekuest.server.store.commands import (
    ChangeReservation,
    LinkProvision,
    SaveDecision,
    SaveReservation,
)
from rekuest.server.store.rows import ReservationRow
from rekuest.server.store.sqlite.codec import Codec

KEPT_DECISIONS = 200  # of each reservation: what one page can show

_RESERVATION = Codec(ReservationRow, tables.reservation)
_SAVE = f'{_RESERVATION.insert} ON CONFLICT ("user", app, reference) DO NOTHING'
_FIND = f'{_RESERVATION.select} WHERE "user" = ? AND app = ? AND reference = ?'
_CHANGE = """
    UPDATE reservation SET status = ?, reason = ?, ended_at = COALESCE(?, ended_at) WHERE id = ?
"""
_LINK = """
    INSERT INTO reservation_provision (reservation, provision) VALUES (?, ?) ON CONFLICT DO NOTHING
"""
_UNLINK = "DELETE FROM reservation_provision WHERE reservation = ? AND provision = ?"
_DECIDE = "INSERT INTO decision (reservation, at, action, reason) VALUES (?, ?, ?, ?)"
_TRIM = """
    DELETE FROM decision WHERE reservation = ?1 AND id <= (
    SELECT id FROM decision WHERE reservation = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""


def save_reservation(connection: Connection, command: SaveReservation) -> ReservationRow:
    """Carry out `SaveReservation`."""
    row = command.row
    if connection.execute(_SAVE, _RESERVATION.dump(row)).rowcount:
        return row
    identity = (row.user, row.app, row.reference)
    return _RESERVATION.load(connection.execute(_FIND, identity).fetchone())


def change_reservation(connection: Connection, command: ChangeReservation) -> bool:
    """Carry out `ChangeReservation`."""
    values = (command.status, command.reason, command.ended_at, command.id)
    return connection.execute(_CHANGE, values).rowcount > 0


def link_provision(connection: Connection, command: LinkProvision) -> None:
    """Carry out `LinkProvision`."""
    statement = _LINK if command.linked else _UNLINK
    connection.execute(statement, (command.reservation, command.provision))


def save_decision(connection: Connection, command: SaveDecision) -> None:
    """Carry out `SaveDecision`."""
    values = (command.reservation, command.at, command.action, command.reason)
    connection.execute(_DECIDE, values)
    connection.execute(_TRIM, (command.reservation, KEPT_DECISIONS))
