"""A store of each backend; the contract suite runs on all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from rekuest.server.store.sqlite import SqliteStore
from rekuest.server.store.store import Store

OpenStore = Callable[[Path], Store]

BACKENDS: dict[str, OpenStore] = {
    "sqlite-power": lambda folder: SqliteStore(folder / "record.db", durability="power"),
    "sqlite-process": lambda folder: SqliteStore(folder / "record.db", durability="process"),
}


@pytest.fixture(params=list(BACKENDS))
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Store]:
    """An open, empty record."""
    store = BACKENDS[request.param](tmp_path)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def sqlite_store(tmp_path: Path, anyio_backend: str) -> AsyncIterator[SqliteStore]:
    """An open, empty record in a file, for what only files have."""
    store = SqliteStore(tmp_path / "record.db")
    await store.open()
    yield store
    await store.close()
