"""The record in one SQLite file: a thread that writes, connections beside it that read."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rekuest.server.store.commands import Command
from rekuest.server.store.errors import StoreError
from rekuest.server.store.live import LiveState, load_live
from rekuest.server.store.read import Reads
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.sqlite import file
from rekuest.server.store.sqlite.lock import RecordLock
from rekuest.server.store.sqlite.writer import MOST_WAITING, Writer

__all__ = ["Durability", "SqliteStore"]

Durability = Literal["power", "process"]

# What a commit waits for.  FULL: the disk.  NORMAL: the operating system, so a power cut may take the last
# commits, and nothing else can.
_SYNCHRONOUS = {"power": "FULL", "process": "NORMAL"}

_CACHE_KIB = (
    4 * 1024
)  # of the writer; the system caches the file too, and memory stays flat under calls
_WAL_PAGES = 4_000  # pages of 4 KiB between checkpoints: few enough for quick reads, many enough for few fsyncs


class SqliteStore:
    """A `Store` on a file that this process alone has.  Opened once; belongs to one event loop."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        durability: Durability = "power",
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Name the file; nothing is touched before `open`.

        Args:
            path: The file; it and its folder are created if they are missing, readable for their owner alone.
            durability: What an acknowledged write survives: a power cut, or the death of the process.
            most_waiting: How many writes may wait for the disk; more are refused.
        """
        self._path = Path(path)
        self._durability = durability
        self._most_waiting = most_waiting
        self._lock = RecordLock(self._path)
        self._writer: Writer | None = None  # from open() on
        self._engine: AsyncEngine | None = None  # while open
        self._reader: Reader | None = None  # while open
        self._read: Reads | None = None  # while open

    @property
    def read(self) -> Reads:
        """The reads of each concept; they see every write whose future is done."""
        if self._read is None:
            raise StoreError("the record is not open: await open() first")
        return self._read

    @property
    def transactions(self) -> int:
        """How many transactions were committed since it was opened."""
        return 0 if self._writer is None else self._writer.transactions

    async def open(self) -> None:
        """Make the record ready.  See `Store.open`."""
        connection = await asyncio.to_thread(self._prepare)
        self._writer = Writer(connection, most_waiting=self._most_waiting)
        self._engine = _readers(self._path)
        self._reader = Reader(self._engine)
        self._read = Reads(self._reader)

    async def close(self) -> None:
        """Store everything that waits, then give the record back.  Again does nothing."""
        reader, self._reader, self._engine, self._read = self._reader, None, None, None
        if reader is not None:
            await reader.close()
            await self._opened_writer().close()  # it stays: from now on it refuses what is written
            self._lock.release()

    def write(self, command: Command) -> asyncio.Future[Any]:
        """Queue one command.  See `Store.write`."""
        return self._opened_writer().submit((command,), is_single=True)

    def write_all(self, commands: Sequence[Command]) -> asyncio.Future[list[Any]]:
        """Queue commands that are stored together or not at all.  See `Store.write_all`."""
        return self._opened_writer().submit(tuple(commands), is_single=False)

    async def load_live(self) -> LiveState:
        """Read what a starting server needs.  See `Store.load_live`."""
        if self._engine is None:
            raise StoreError("the record is not open: await open() first")
        return await load_live(self._engine)

    def _opened_writer(self) -> Writer:
        if self._writer is None:
            raise StoreError("the record is not open: await open() first")
        return self._writer

    def _prepare(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            file.prepare(self._path)
            return self._connect()
        except (OSError, sqlite3.Error) as exc:
            self._lock.release()
            raise StoreError(f"cannot open record '{self._path}': {exc}") from exc
        except StoreError:
            self._lock.release()
            raise

    def _connect(self) -> sqlite3.Connection:
        connection = file.connect(self._path)
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {_SYNCHRONOUS[self._durability]}",
            "fullfsync = ON",  # macOS: without it the disk may still hold a commit in its cache
            f"cache_size = -{_CACHE_KIB}",
            f"wal_autocheckpoint = {_WAL_PAGES}",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection


def _readers(path: Path) -> AsyncEngine:
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(path)))
    event.listen(engine.sync_engine, "connect", _set_up_reader)
    return engine


def _set_up_reader(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()
    # SQLite's own lower() knows ASCII only; searching in any case is meant for every alphabet.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()
