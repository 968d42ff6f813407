"""The seam to the record: what every backend offers.  The service, and only it, holds a `Store`.

Writes are commands (`commands.py`), reads are functions of a concept (`store.read.nodes.get(…)`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from rekuest.server.store.commands import Command
from rekuest.server.store.errors import CursorError, StoreError
from rekuest.server.store.live import LiveState
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read import Reads
from rekuest.server.store.viewer import Viewer

__all__ = [
    "CursorError",
    "Listed",
    "LiveState",
    "Order",
    "Page",
    "Reads",
    "Store",
    "StoreError",
    "Viewer",
]


class Store(Protocol):
    """The record.  One event loop uses it; nothing here is thread-safe."""

    @property
    def read(self) -> Reads:
        """The reads of each concept; they see every write whose future is done."""

    async def open(self) -> None:
        """Make the record ready: create it, migrate it, claim it.

        Raises:
            StoreError: It cannot be opened, is of a newer version, or another process has it.
        """

    async def close(self) -> None:
        """Store everything that waits, then give the record back.  Again does nothing."""

    def write(self, command: Command) -> asyncio.Future[Any]:
        """Queue one command; what waits is committed together, in the order of the calls.

        Returns:
            What the command's docstring says, once it is durable.  Fails with `StoreError`, also if the queue
            is full or the store is closed; nothing of the command is stored then.
        """

    def write_all(self, commands: Sequence[Command]) -> asyncio.Future[list[Any]]:
        """Queue commands that are stored together or not at all, in order.

        An outcome such as `Outcome.MOVED_ON` is a result: it does not undo its neighbours.

        Returns:
            One result a command.  Fails as in `write`.
        """

    async def load_live(self) -> LiveState:
        """Read what a starting server needs.

        Raises:
            StoreError: The record cannot be read.
        """
