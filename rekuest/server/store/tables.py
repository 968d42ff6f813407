"""The tables of the record and their indices.  One table a row class of `rows.py`, columns named as its fields.

Migrations make these tables (`migrations/versions/`); a test holds the two together.  There are no foreign keys:
rows of the hot tables are written by the thousand, and what they name was checked where the change was decided.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

__all__ = [
    "LIVE_ASSIGNATION",
    "LIVE_PROVISION",
    "LIVE_RESERVATION",
    "agent",
    "agent_template",
    "app",
    "assignation",
    "client",
    "decision",
    "event",
    "log",
    "metadata",
    "node",
    "node_port",
    "organization",
    "progress",
    "provision",
    "reservation",
    "reservation_provision",
    "structure",
    "template",
    "template_label",
    "user",
]

# Conditions of partial indices.  A query uses the index only if it repeats the condition word for word.
LIVE_ASSIGNATION = (
    "status NOT IN ('DONE','FAILED','CANCELLED','INTERRUPTED','EXPIRED','LOST','PARKED')"
)
LIVE_PROVISION = "status NOT IN ('ENDED','FAILED')"
LIVE_RESERVATION = "status NOT IN ('ENDED','REJECTED')"
TERMINAL_EVENT = "kind IN ('DONE','FAILED','CANCELLED','INTERRUPTED','EXPIRED','LOST','PARKED')"


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as text: exact for big integers, the same on every backend; NULL is None."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write a value; None is NULL."""
        return None if value is None else json.dumps(value, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a value; NULL is None."""
        return None if value is None else json.loads(value)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


metadata = MetaData()

organization = Table(
    "organization",
    metadata,
    Column("id", Text, primary_key=True),
    Column("identifier", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("identifier", name="uq_organization_identifier"),
)

user = Table(
    "user",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("display_name", Text),
    Column("is_service", Boolean, nullable=False),
    Column("is_blocked", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("name", name="uq_user_name"),
)

client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("app", Text),
    Column("created_at", Double, nullable=False),
    Column("last_used_at", Double),
    Column("revoked_at", Double),
    UniqueConstraint("client_id", name="uq_client_client_id"),
    Index("ix_client_owner", "owner", "created_at"),
)

app = Table(
    "app",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("is_blocked", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("organization", "owner", "identifier", "version", name="uq_app_identity"),
)

node = Table(
    "node",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("organization", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("idempotent", Boolean, nullable=False),
    Column("pure", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("hash", name="uq_node_hash"),
    Index("ix_node_name", "organization", "name", "id"),
)

# Which structures, models and enums a node takes and returns: what `takes` and `returns` filter by.
node_port = Table(
    "node_port",
    metadata,
    Column("node", Text, primary_key=True),
    Column("direction", Text, primary_key=True),  # PortDirection
    Column("identifier", Text, primary_key=True),
    Index("ix_node_port_identifier", "identifier", "direction"),
)

template = Table(
    "template",
    metadata,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("interface", Text, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("title", Text, nullable=False),  # of the body, to be searched
    Column("description", Text),  # of the body, to be searched
    Column("is_declared", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("app", "interface", "node", name="uq_template_identity"),
    Index("ix_template_node", "node", "created_at"),
    Index("ix_template_interface", "interface"),
)

template_label = Table(
    "template_label",
    metadata,
    Column("template", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Index("ix_template_label_label", "label"),
)

structure = Table(
    "structure",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("description", Text),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("organization", "identifier", name="uq_structure_identifier"),
)

agent = Table(
    "agent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("instance_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("lease_expires_at", Double, nullable=False),
    Column("digest", Text),
    Column("user_agent", Text),
    Column("is_blocked", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("last_seen_at", Double, nullable=False),
    UniqueConstraint("app", "user", "instance_id", name="uq_agent_identity"),
    Index("ix_agent_user", "user"),
)

# What an agent declares.
agent_template = Table(
    "agent_template",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("template", Text, primary_key=True),
    Index("ix_agent_template_template", "template"),
)

provision = Table(
    "provision",
    metadata,
    Column("id", Text, primary_key=True),
    Column("template", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("credits", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("changed_at", Double, nullable=False),
    Index("ix_provision_agent", "agent", "created_at"),
    Index("ix_provision_template", "template"),
    _partial("ix_provision_live", "created_at", where=LIVE_PROVISION),
)

reservation = Table(
    "reservation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("organization", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("session_id", Text),
    Column("node", Text, nullable=False),
    Column("title", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("strategy", Text, nullable=False),
    Column("desired_instances", Integer, nullable=False),
    Column("minimal_instances", Integer, nullable=False),
    Column("wants", JsonText, nullable=False),
    Column("is_implicit", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ended_at", Double),
    UniqueConstraint("user", "app", "reference", name="uq_reservation_reference"),
    Index("ix_reservation_user", "user", "created_at"),
    Index("ix_reservation_node", "node"),
    _partial("ix_reservation_live", "created_at", where=LIVE_RESERVATION),
)

# The provisions behind a reservation.
reservation_provision = Table(
    "reservation_provision",
    metadata,
    Column("reservation", Text, primary_key=True),
    Column("provision", Text, primary_key=True),
)

decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reservation", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_decision_reservation", "reservation", "id"),
)

assignation = Table(
    "assignation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("organization", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("reservation", Text),
    Column("provision", Text),
    Column("agent", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("args", JsonText, nullable=False),
    Column("returns", JsonText),
    Column("error", JsonText),
    Column("attempt", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("priority", Text, nullable=False),
    Column("parent", Text),
    Column("is_cached", Boolean, nullable=False),
    Column("wait", Boolean, nullable=False),
    Column("cancel_on_disconnect", Boolean, nullable=False),
    Column("session_id", Text),
    Column("created_at", Double, nullable=False),
    Column("deadline", Double),
    Column("queue_deadline", Double),
    Column("started_at", Double),
    Column("ended_at", Double),
    UniqueConstraint("user", "app", "reference", name="uq_assignation_reference"),
    Index("ix_assignation_organization", "organization", "created_at"),
    Index("ix_assignation_node", "node", "created_at"),
    Index("ix_assignation_reservation", "reservation", "created_at"),
    _partial("ix_assignation_parent", "parent", "created_at", where="parent IS NOT NULL"),
    _partial("ix_assignation_live", "provision", where=LIVE_ASSIGNATION),
)

event = Table(
    "event",
    metadata,
    Column("assignation", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("seq", Integer),
    Column("at", Double, nullable=False),
    Column("returns", JsonText),
    Column("error", JsonText),
    Column("reason", Text),
    _partial("uq_event_seq", "assignation", "attempt", "seq", where="seq IS NOT NULL", unique=True),
    # A call ends once, whatever anybody believes.
    _partial("uq_event_terminal", "assignation", where=TERMINAL_EVENT, unique=True),
)

log = Table(
    "log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("assignation", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("dropped", Integer, nullable=False),
    Index("ix_log_assignation", "assignation", "id"),
)

progress = Table(
    "progress",
    metadata,
    Column("assignation", Text, primary_key=True),
    Column("done", Double, nullable=False),
    Column("total", Double),
    Column("message", Text),
    Column("at", Double, nullable=False),
)
