"""The one writer of a record: a thread that stores whatever waits as one transaction.

Commands queue on the event loop; the thread takes all of them at once, so that under load many share one commit,
and with it one wait for the disk.  Their futures are resolved together, in one hop back to the loop.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from rekuest.server.store.commands import Command
from rekuest.server.store.errors import StoreError
from rekuest.server.store.sqlite.batch import UnevenError, carry_out_together
from rekuest.server.store.sqlite.dispatch import CARRY_OUT, IF_VIOLATED

__all__ = ["MOST_IN_GROUP", "MOST_WAITING", "Writer"]

logger = logging.getLogger(__name__)

MOST_WAITING = 100_000  # units; beyond it the disk has been too slow for too long
MOST_IN_GROUP = 1_000  # units; bounds how long the first of a group waits for the last

# What the disk, not the command, is to blame for: primary result codes of SQLite.
_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


@dataclass(frozen=True, slots=True)
class Unit:
    """Commands that are stored together or not at all."""

    commands: Sequence[Command]
    future: asyncio.Future[Any]
    is_single: bool  # the future gets the only result itself, and no list


class Writer:
    """Owns the connection.  `submit` and `close` belong to the event loop, the rest to the thread."""

    def __init__(self, connection: sqlite3.Connection, *, most_waiting: int = MOST_WAITING) -> None:
        self.transactions = 0  # committed so far; for whoever measures
        self._connection = connection
        self._most_waiting = most_waiting
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Unit | None] = SimpleQueue()  # None: nothing follows
        self._waiting = 0  # units whose future is open
        self._is_closed = False
        self._ended: asyncio.Future[None] = self._loop.create_future()
        # A daemon: a program that ends without closing the store loses only what was not acknowledged.
        self._thread = threading.Thread(target=self._run, name="rekuest-writer", daemon=True)
        self._thread.start()

    def submit(self, commands: Sequence[Command], *, is_single: bool) -> asyncio.Future[Any]:
        """Queue commands as one unit; the future fails with `StoreError` and nothing else."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._is_closed:
            future.set_exception(StoreError("the record is closed: nothing more is stored"))
        elif self._waiting >= self._most_waiting:
            future.set_exception(
                StoreError(f"the record is {self._waiting} writes behind: try again later")
            )
        else:
            self._waiting += 1
            self._queue.put(Unit(commands, future, is_single))
        return future

    async def close(self) -> None:
        """Store what waits, then close the connection.  Again waits for the same end."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
        await asyncio.shield(self._ended)

    def _run(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._take()
            if group:
                self._hop(self._resolve, group, self._store(group))
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as exc:
            logger.warning("the record was closed without a checkpoint: %s", exc)
        finally:
            self._connection.close()
            self._hop(self._end)

    def _take(self) -> tuple[list[Unit], bool]:
        """Wait for something to do, then take all of it; the flag says whether more may come."""
        unit = self._queue.get()
        group: list[Unit] = []
        while unit is not None:
            group.append(unit)
            if len(group) == MOST_IN_GROUP:
                return group, True
            try:
                unit = self._queue.get_nowait()
            except Empty:
                return group, True
        return group, False

    def _store(self, group: list[Unit]) -> list[Any]:
        """Store a group; returns the results of each unit, or a `StoreError` for one that failed."""
        commands = [command for unit in group for command in unit.commands]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = iter(self._carry_out_all(commands))
            self._connection.execute("COMMIT")
        except Exception as exc:  # noqa: BLE001  # one command is at fault; its neighbours must not suffer
            logger.debug("storing %s writes one by one after %s", len(group), type(exc).__name__)
            self._roll_back()
            return [self._store_alone(unit) for unit in group]
        self.transactions += 1
        return [list(islice(results, len(unit.commands))) for unit in group]

    def _carry_out_all(self, commands: list[Command]) -> list[Any]:
        try:
            return carry_out_together(self._connection, commands)
        except UnevenError:
            self._connection.execute("ROLLBACK")
            self._connection.execute("BEGIN IMMEDIATE")
            return [CARRY_OUT[type(command)](self._connection, command) for command in commands]

    def _store_alone(self, unit: Unit) -> Any:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [self._carry_out(command) for command in unit.commands]
            self._connection.execute("COMMIT")
        except Exception as exc:  # noqa: BLE001  # whatever it is, the thread goes on and the caller is told
            self._roll_back()
            return _translate(exc, unit)
        self.transactions += 1
        return results

    def _carry_out(self, command: Command) -> Any:
        """Run a command so that a violated index undoes it alone, if that means something to it."""
        carry_out = CARRY_OUT[type(command)]
        if type(command) not in IF_VIOLATED:
            return carry_out(self._connection, command)
        self._connection.execute("SAVEPOINT command")
        try:
            return carry_out(self._connection, command)
        except sqlite3.IntegrityError:
            self._connection.execute("ROLLBACK TO command")
            return IF_VIOLATED[type(command)]

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:  # a full disk may have ended it already
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as exc:
            logger.error("cannot roll back the record: %s", exc)

    def _hop(self, function: Any, *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            logger.warning("the event loop ended before its record was closed")

    def _resolve(self, group: list[Unit], results: list[Any]) -> None:
        self._waiting -= len(group)
        for unit, result in zip(group, results, strict=True):
            future = unit.future
            if future.done():  # whoever waited for it has given up
                continue
            if isinstance(result, StoreError):
                future.set_exception(result)
            else:
                future.set_result(result[0] if unit.is_single else result)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)


def _translate(exc: Exception, unit: Unit) -> StoreError:
    """Make of any error the one that callers know.  The only place where errors of the driver are read."""
    names = ", ".join(sorted({type(command).__name__ for command in unit.commands}))
    code = getattr(exc, "sqlite_errorcode", None)  # extended; its low byte is the primary one
    if code is not None and code & 0xFF in _PASSING:
        logger.error("cannot store %s: %s", names, exc)
        error = StoreError(f"cannot store {names}: {exc}; see to the disk and try again")
    else:
        logger.error("cannot store %s", names, exc_info=exc)
        error = StoreError(f"cannot store {names}: {type(exc).__name__}: {exc}", code="INTERNAL")
    error.__cause__ = exc
    return error
