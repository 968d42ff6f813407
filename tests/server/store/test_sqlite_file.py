"""The file: whose it is, how it is migrated, and what is refused."""

from __future__ import annotations

import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from rekuest.server.store import migrations
from rekuest.server.store.sqlite import SqliteStore, file
from rekuest.server.store.store import StoreError
from rekuest.server.store.tables import metadata
from tests.server.store import make

pytestmark = pytest.mark.anyio


async def opened(path: Path) -> SqliteStore:
    """Open a record."""
    store = SqliteStore(path)
    await store.open()
    return store


def run(path: Path, statement: str) -> None:
    """Change the file behind the record's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    file.prepare(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_indices_have_the_conditions_of_the_tables(tmp_path: Path) -> None:
    path, plain = tmp_path / "record.db", tmp_path / "plain.db"
    file.prepare(path)
    engine = create_engine(f"sqlite:///{plain}")
    metadata.create_all(engine)
    engine.dispose()
    found = []
    for database in (path, plain):
        with closing(sqlite3.connect(database)) as connection:
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            found.append(sorted(connection.execute(query)))
    assert found[0] == found[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
async def test_folder_and_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "record.db"
    store = await opened(path)
    await store.write(make.accept())
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(modes) == {"record.db", "record.db-wal", "record.db-shm", "record.db.lock"}
    assert set(modes.values()) == {0o600}
    await store.close()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["record.db", "record.db.lock"]


async def test_a_record_keeps_what_was_stored(tmp_path: Path) -> None:
    path = tmp_path / "a folder with % and ?" / "record #1.db"
    store = await opened(path)
    await store.write(make.accept())
    await store.close()
    store = await opened(path)
    assert await store.read.assignations.get("x1", viewer=None) == make.call()
    await store.close()
    assert not list(path.parent.glob("*.backup-*"))


async def test_fault_27_an_older_record_is_copied_before_it_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.db"
    store = await opened(path)
    await store.write(make.accept())
    await store.close()
    # As this code will see today's file once there is a revision after it.
    monkeypatch.setattr(migrations, "known_revisions", lambda: ("0002", "0001"))
    await (await opened(path)).close()
    copy = tmp_path / "record.db.backup-0001"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT id FROM assignation").fetchall() == [("x1",)]


async def test_fault_27_a_newer_record_is_refused_with_what_to_run(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    await (await opened(path)).close()
    run(path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError) as caught:
        await opened(path)
    assert str(caught.value) == (
        f"record '{path}' was written by a newer rekuest (revision '9999', this one knows up to "
        f"'{migrations.known_revisions()[0]}'): run `pip install --upgrade \"rekuest[server]\"`, or "
        f"put a copy back: '{path}.backup-<revision>'"
    )


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    run(path, "CREATE TABLE photo (id)")
    with pytest.raises(StoreError, match="is a database, but no record of rekuest"):
        await opened(path)


async def test_a_file_that_is_no_database_is_refused_and_unharmed(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    path.write_text("dear diary" * 1_000)
    for _ in range(2):  # the lock is given back
        with pytest.raises(StoreError, match=r"cannot open record .*: file is not a database"):
            await opened(path)
    assert path.read_text() == "dear diary" * 1_000


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot open record"):
        await opened(tmp_path / "file" / "record.db")


@pytest.mark.parametrize(("durability", "level"), [("power", 2), ("process", 1)])
async def test_durability_is_what_a_commit_waits_for(
    tmp_path: Path, durability: str, level: int
) -> None:
    store = SqliteStore(tmp_path / "record.db", durability=durability)  # type: ignore[arg-type]
    await store.open()
    connection = store._writer._connection  # type: ignore[union-attr]  # nowhere else to be seen
    assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    await store.close()
