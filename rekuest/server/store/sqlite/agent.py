"""Writes of agents: who holds an identity, and until when."""

from __future__ import annotations

import dataclasses
from sqlite3 import Connection

from rekuest.server.store import tables
from rekuest.server.store.commands import ChangeAgent, ClaimAgent, RenewLeases
from rekuest.server.store.rows import AgentRow
from rekuest.server.store.sqlite.codec import Codec

_AGENT = Codec(AgentRow, tables.agent)
_FIND = f'{_AGENT.select} WHERE app = ? AND "user" = ? AND instance_id = ?'
_CLAIM = """
    UPDATE agent SET session_id = ?, status = ?, epoch = ?, lease_expires_at = ?, user_agent = ?,
    last_seen_at = ? WHERE id = ?
"""
_RENEW = """
    UPDATE agent SET lease_expires_at = ?, last_seen_at = ?
    WHERE id = ? AND epoch = ? AND status <> 'DISCONNECTED'
"""
_CHANGE = "UPDATE agent SET status = ?, last_seen_at = ? WHERE id = ? AND epoch = ?"


def claim_agent(connection: Connection, command: ClaimAgent) -> AgentRow:
    """Carry out `ClaimAgent`."""
    row = command.row
    found = connection.execute(_FIND, (row.app, row.user, row.instance_id)).fetchone()
    if found is None:
        stored = dataclasses.replace(row, epoch=1)
        connection.execute(_AGENT.insert, _AGENT.dump(stored))
        return stored
    stored = _AGENT.load(found)
    epoch = _epoch_after(stored, command)
    if epoch is None:
        return stored
    claimed = dataclasses.replace(
        stored,
        session_id=row.session_id,
        status=row.status,
        epoch=epoch,
        lease_expires_at=row.lease_expires_at,
        user_agent=row.user_agent,
        last_seen_at=command.at,
    )
    connection.execute(
        _CLAIM,
        (
            claimed.session_id,
            claimed.status,
            claimed.epoch,
            claimed.lease_expires_at,
            claimed.user_agent,
            claimed.last_seen_at,
            claimed.id,
        ),
    )
    return claimed


def _epoch_after(stored: AgentRow, command: ClaimAgent) -> int | None:
    """Return the epoch that the claim gets; None: it is refused."""
    if stored.is_blocked:
        return None
    is_held = stored.status != "DISCONNECTED"
    # A session whose lease was ended has lost its calls: it comes back as a new owner.
    if is_held and stored.session_id == command.row.session_id:
        return stored.epoch
    is_live = is_held and stored.lease_expires_at > command.at
    return None if is_live and not command.takeover else stored.epoch + 1


def renew_leases(connection: Connection, command: RenewLeases) -> frozenset[str]:
    """Carry out `RenewLeases`."""
    return frozenset(
        id
        for id, epoch in command.leases
        if connection.execute(_RENEW, (command.until, command.at, id, epoch)).rowcount
    )


def change_agent(connection: Connection, command: ChangeAgent) -> bool:
    """Carry out `ChangeAgent`."""
    values = (command.status, command.at, command.id, command.epoch)
    return connection.execute(_CHANGE, values).rowcount > 0
