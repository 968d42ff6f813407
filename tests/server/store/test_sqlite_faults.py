"""What the file survives: rows of the fault catalogue, with real processes and a real full disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rekuest.server.store.sqlite import SqliteStore
from rekuest.server.store.store import StoreError
from tests.server.store import make

pytestmark = pytest.mark.anyio


@contextmanager
def writing_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that accepts calls for ever; killed at the end."""
    command = [sys.executable, "-m", "tests.server.store.writing_process", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def stored_ids(path: Path) -> set[str]:
    """Read the ids of all calls that have their event, as somebody who knows SQL only."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        query = "SELECT a.id FROM assignation a JOIN event e ON e.assignation = a.id"
        return {id for (id,) in connection.execute(query)}


def test_fault_01_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    acknowledged: list[str] = []
    with writing_process(path) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(300)]
        process.kill()
        rest = process.stdout.read().split("\n")
    acknowledged += rest[:-1]  # the last line may be cut off
    assert set(acknowledged) <= stored_ids(path)


def test_fault_24_a_torn_tail_of_the_log_takes_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    with writing_process(path) as process:
        assert process.stdout is not None
        acknowledged = {process.stdout.readline().strip() for _ in range(50)}
    with (tmp_path / "record.db-wal").open("ab") as log:
        log.write(b"half a frame" * 100)
    assert acknowledged <= stored_ids(path)


async def test_a_killed_process_leaves_a_record_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    with writing_process(path) as process:
        assert process.stdout is not None
        id = process.stdout.readline().strip()
    store = SqliteStore(path)
    await store.open()
    assert await store.read.assignations.get(id, viewer=None) is not None
    await store.close()


async def test_fault_25_a_second_process_is_refused_and_told_who_has_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "record.db"
    with writing_process(path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreError) as caught:
            await SqliteStore(path).open()
        assert str(caught.value) == (
            f"record '{path}' is in use by process {process.pid}: stop that server, "
            "or start this one with another --data-dir"
        )


async def test_fault_25_the_lock_is_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        store = SqliteStore(tmp_path / "record.db")
        await store.open()
        with pytest.raises(StoreError, match="is in use by process"):
            await SqliteStore(tmp_path / "record.db").open()
        await store.close()


async def test_fault_23_a_full_disk_fails_the_write_and_recovers(sqlite_store: SqliteStore) -> None:
    await sqlite_store.write(make.accept("x1"))
    connection = sqlite_store._writer._connection  # type: ignore[union-attr]  # the disk is full for this one only
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="database or disk is full; see to the disk") as caught:
        await sqlite_store.write(make.accept("x2", args={"text": "long" * 10_000}))
    assert caught.value.code == "UNAVAILABLE"
    connection.execute("PRAGMA max_page_count = 1000000")
    await sqlite_store.write(make.accept("x3"))
    ids = await sqlite_store.read.assignations.get_many(["x1", "x2", "x3"], viewer=None)
    assert set(ids) == {"x1", "x3"}


async def test_fault_26_reading_beside_writing_never_meets_a_lock(
    sqlite_store: SqliteStore,
) -> None:
    writes = [sqlite_store.write(make.accept(f"x{number}")) for number in range(500)]
    reads = [sqlite_store.load_live() for _ in range(20)]
    await asyncio.gather(*writes, *reads)
    assert len((await sqlite_store.load_live()).assignations) == 500
