"""The embedded record: one SQLite file, no other service."""

from __future__ import annotations

from rekuest.server.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
