"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table and index."""
    _create_identity()
    _create_apps()
    _create_nodes()
    _create_templates()
    _create_agents()
    _create_provisions()
    _create_reservations()
    _create_reservation_details()
    _create_assignations()
    _create_events()
    _create_logs()


def _partial_index(
    name: str, table: str, columns: list[str], *, where: str, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )


def _create_identity() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("identifier", name="uq_organization_identifier"),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text()),
        sa.Column("is_service", sa.Boolean(), nullable=False),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_user_name"),
    )
    op.create_table(
        "client",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("app", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_used_at", sa.Double()),
        sa.Column("revoked_at", sa.Double()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("client_id", name="uq_client_client_id"),
    )
    op.create_index("ix_client_owner", "client", ["owner", "created_at"])


def _create_apps() -> None:
    op.create_table(
        "app",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "organization", "owner", "identifier", "version", name="uq_app_identity"
        ),
    )
    op.create_table(
        "structure",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organization", "identifier", name="uq_structure_identifier"),
    )


def _create_nodes() -> None:
    op.create_table(
        "node",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("idempotent", sa.Boolean(), nullable=False),
        sa.Column("pure", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash", name="uq_node_hash"),
    )
    op.create_index("ix_node_name", "node", ["organization", "name", "id"])
    op.create_table(
        "node_port",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "direction", "identifier"),
    )
    op.create_index("ix_node_port_identifier", "node_port", ["identifier", "direction"])


def _create_templates() -> None:
    op.create_table(
        "template",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("interface", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("is_declared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("app", "interface", "node", name="uq_template_identity"),
    )
    op.create_index("ix_template_interface", "template", ["interface"])
    op.create_index("ix_template_node", "template", ["node", "created_at"])
    op.create_table(
        "template_label",
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("template", "label"),
    )
    op.create_index("ix_template_label_label", "template_label", ["label"])


def _create_agents() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_expires_at", sa.Double(), nullable=False),
        sa.Column("digest", sa.Text()),
        sa.Column("user_agent", sa.Text()),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("app", "user", "instance_id", name="uq_agent_identity"),
    )
    op.create_index("ix_agent_user", "agent", ["user"])
    op.create_table(
        "agent_template",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "template"),
    )
    op.create_index("ix_agent_template_template", "agent_template", ["template"])


def _create_provisions() -> None:
    op.create_table(
        "provision",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_provision_agent", "provision", ["agent", "created_at"])
    _partial_index(
        "ix_provision_live", "provision", ["created_at"], where="status NOT IN ('ENDED','FAILED')"
    )
    op.create_index("ix_provision_template", "provision", ["template"])


def _create_reservations() -> None:
    op.create_table(
        "reservation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text()),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("desired_instances", sa.Integer(), nullable=False),
        sa.Column("minimal_instances", sa.Integer(), nullable=False),
        sa.Column("wants", sa.Text(), nullable=False),
        sa.Column("is_implicit", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user", "app", "reference", name="uq_reservation_reference"),
    )
    _partial_index(
        "ix_reservation_live",
        "reservation",
        ["created_at"],
        where="status NOT IN ('ENDED','REJECTED')",
    )
    op.create_index("ix_reservation_node", "reservation", ["node"])
    op.create_index("ix_reservation_user", "reservation", ["user", "created_at"])


def _create_reservation_details() -> None:
    op.create_table(
        "reservation_provision",
        sa.Column("reservation", sa.Text(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reservation", "provision"),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("reservation", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_decision_reservation", "decision", ["reservation", "id"])


def _create_assignations() -> None:
    op.create_table(
        "assignation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("reservation", sa.Text()),
        sa.Column("provision", sa.Text()),
        sa.Column("agent", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("returns", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text()),
        sa.Column("is_cached", sa.Boolean(), nullable=False),
        sa.Column("wait", sa.Boolean(), nullable=False),
        sa.Column("cancel_on_disconnect", sa.Boolean(), nullable=False),
        sa.Column("session_id", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("deadline", sa.Double()),
        sa.Column("queue_deadline", sa.Double()),
        sa.Column("started_at", sa.Double()),
        sa.Column("ended_at", sa.Double()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user", "app", "reference", name="uq_assignation_reference"),
    )
    _index_assignations()


def _index_assignations() -> None:
    _partial_index(
        "ix_assignation_live",
        "assignation",
        ["provision"],
        where="status NOT IN ('DONE','FAILED','CANCELLED','INTERRUPTED','EXPIRED','LOST','PARKED')",
    )
    op.create_index("ix_assignation_node", "assignation", ["node", "created_at"])
    op.create_index("ix_assignation_organization", "assignation", ["organization", "created_at"])
    _partial_index(
        "ix_assignation_parent",
        "assignation",
        ["parent", "created_at"],
        where="parent IS NOT NULL",
    )
    op.create_index("ix_assignation_reservation", "assignation", ["reservation", "created_at"])


def _create_events() -> None:
    op.create_table(
        "event",
        sa.Column("assignation", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer()),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("returns", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("assignation", "number"),
    )
    _partial_index(
        "uq_event_seq",
        "event",
        ["assignation", "attempt", "seq"],
        where="seq IS NOT NULL",
        unique=True,
    )
    _partial_index(
        "uq_event_terminal",
        "event",
        ["assignation"],
        where="kind IN ('DONE','FAILED','CANCELLED','INTERRUPTED','EXPIRED','LOST','PARKED')",
        unique=True,
    )


def _create_logs() -> None:
    op.create_table(
        "log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("assignation", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_log_assignation", "log", ["assignation", "id"])
    op.create_table(
        "progress",
        sa.Column("assignation", sa.Text(), nullable=False),
        sa.Column("done", sa.Double(), nullable=False),
        sa.Column("total", sa.Double()),
        sa.Column("message", sa.Text()),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("assignation"),
    )
