"""Runs queries, each on a connection of its own and to its end."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from rekuest.server.store.errors import StoreError

__all__ = ["Reader"]


class Reader:
    """The connections that read one record.  Belongs to one event loop.

    Who asked may go away, the query runs to its end: a driver that is cancelled between a statement and its rows
    leaves the statement open, and with it a view of the file that no checkpoint passes.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._running: set[asyncio.Task[list[Any]]] = set()  # queries that have not ended

    async def run(self, query: Select[Any]) -> list[Any]:
        """Run a query and return its rows.

        Raises:
            StoreError: The record cannot be read.
        """
        task = asyncio.create_task(self._run(query))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for the queries that run, then give the connections back."""
        if self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    async def _run(self, query: Select[Any]) -> list[Any]:
        try:
            async with self._engine.connect() as connection:
                return list((await connection.execute(query)).all())
        except SQLAlchemyError as exc:
            raise StoreError(f"cannot read the record: {exc.__class__.__name__}") from exc
