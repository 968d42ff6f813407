"""The record's file: made for its owner alone, migrated, and copied before it is changed."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError

from rekuest.server.store import migrations
from rekuest.server.store.errors import StoreError

__all__ = ["connect", "prepare"]

logger = logging.getLogger(__name__)

BUSY_TIMEOUT = 10.0  # seconds; only a foreign program, such as a backup, can hold the file


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for a thread of its own.  Transactions are begun and ended by hand."""
    return sqlite3.connect(
        path,
        timeout=BUSY_TIMEOUT,
        isolation_level=None,
        cached_statements=512,
        check_same_thread=False,  # opened and closed by one thread, used by another
    )


def prepare(path: Path) -> None:
    """Create the file if it is missing, and bring it to the revision of this code.

    Raises:
        StoreError: It is no record, or one of a newer version, or the disk does not let us.
    """
    _create(path)
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            revision = _check(path, connection)
        if revision == migrations.known_revisions()[0]:
            return
        if revision is not None:
            logger.info("migrating record %s, a copy is %s", path, _back_up(path, revision))
        with engine.begin() as connection:
            migrations.upgrade(connection)
    except DatabaseError as exc:
        raise StoreError(f"cannot open record '{path}': {exc.orig}") from exc
    finally:
        engine.dispose()


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _engine(path: Path) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE"
    )  # the driver begins none; a migration is all or nothing


def _check(path: Path, connection: Connection) -> str | None:
    revision = migrations.current_revision(connection)
    if revision is None and inspect(connection).get_table_names():
        raise StoreError(
            f"'{path}' is a database, but no record of rekuest: choose another --data-dir"
        )
    known = migrations.known_revisions()
    if revision is not None and revision not in known:
        raise StoreError(
            f"record '{path}' was written by a newer rekuest (revision {revision!r}, this one knows up to "
            f'{known[0]!r}): run `pip install --upgrade "rekuest[server]"`, or put a copy back: '
            f"'{path}.backup-<revision>'"
        )
    return revision


def _back_up(path: Path, revision: str) -> Path:
    copy = path.with_name(f"{path.name}.backup-{revision}")
    copy.unlink(missing_ok=True)
    _create(copy)
    with closing(connect(path)) as source, closing(connect(copy)) as target:
        source.backup(target)
    return copy
