"""Writes of what is lossy by contract: log lines and progress."""

from __future__ import annotations

from sqlite3 import Connection

from rekuest.server.store import tables
from rekuest.server.store.commands import SaveLogs, SaveProgress
from rekuest.server.store.rows import LogRow, ProgressRow
from rekuest.server.store.sqlite.codec import Codec

_LOG = Codec(LogRow, tables.log)
_TRIM = """
    DELETE FROM log WHERE assignation = ?1 AND id <= (
    SELECT id FROM log WHERE assignation = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""

_PROGRESS = Codec(ProgressRow, tables.progress)
_SET_PROGRESS = f"""
    {_PROGRESS.insert} ON CONFLICT (assignation) DO UPDATE SET
    done = excluded.done, total = excluded.total, message = excluded.message, at = excluded.at
    WHERE excluded.at >= at
"""


def save_logs(connection: Connection, command: SaveLogs) -> None:
    """Carry out `SaveLogs`."""
    connection.executemany(_LOG.insert, [_LOG.dump(row) for row in command.rows])
    calls = {row.assignation for row in command.rows}
    connection.executemany(_TRIM, [(call, command.keep) for call in calls])


def save_progress(connection: Connection, command: SaveProgress) -> None:
    """Carry out `SaveProgress`."""
    connection.executemany(_SET_PROGRESS, [_PROGRESS.dump(row) for row in command.rows])
