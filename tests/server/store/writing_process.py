"""Run as a program: accepts calls until it is killed, and prints the id of each one that is acknowledged."""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

from rekuest.server.store.sqlite import SqliteStore
from tests.server.store import make

IN_FLIGHT = 20


async def accept_for_ever(store: SqliteStore, worker: int) -> None:
    """Accept calls one after the other."""
    for number in count():
        stored = await store.write(make.accept(f"{worker}-{number}"))
        sys.stdout.write(f"{stored.id}\n")
        sys.stdout.flush()


async def main(path: Path) -> None:
    """Open the record and write into it."""
    store = SqliteStore(path)
    await store.open()
    async with asyncio.TaskGroup() as tasks:
        for worker in range(IN_FLIGHT):
            tasks.create_task(accept_for_ever(store, worker))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
