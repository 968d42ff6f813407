"""The record's migrations, numbered 0001, 0002, …: run by Alembic on whatever connection a backend hands in.

A change of `tables.py` comes with the next module in `versions/`, named after its number and what it does.  Modules
that were released are never edited.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

__all__ = ["current_revision", "known_revisions", "upgrade"]


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent).replace("%", "%%")  # the option is interpolated
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    return config


def known_revisions() -> tuple[str, ...]:
    """Return every revision that this code knows, newest first."""
    scripts = ScriptDirectory.from_config(_config())
    return tuple(script.revision for script in scripts.walk_revisions())


def current_revision(connection: Connection) -> str | None:
    """Return the revision that a record is of; None: it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Bring a record to the newest revision, in the transaction that the connection is in."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
