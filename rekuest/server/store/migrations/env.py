"""Run by Alembic for each migration; `migrate.py` hands it the connection."""

from __future__ import annotations

from alembic import context

from rekuest.server.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
