"""A whole server in the test's own loop, without a port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from rekuest.server.app import Running, create_app, running_of
from rekuest.server.settings import ServerSettings


@dataclass(frozen=True)
class Whole:
    """A server that runs."""

    app: Starlette
    running: Running

    def http(self, **headers: str) -> httpx.AsyncClient:
        """Return a client that reaches it by its own name."""
        transport = httpx.ASGITransport(app=self.app)
        url = "http://127.0.0.1:8090"
        return httpx.AsyncClient(transport=transport, base_url=url, headers=headers)

    async def token(self) -> str:
        """Return a token of the local client."""
        return await self.running.identity.local_token(self.running.credentials.client_id)


@asynccontextmanager
async def open_whole(folder: Path, **changes: Any) -> AsyncIterator[Whole]:
    """Run a server in a folder; `changes` are fields of its settings."""
    app = create_app(ServerSettings(data_dir=folder, durability="process", **changes))
    async with app.router.lifespan_context(app):
        yield Whole(app, running_of(app))


@pytest.fixture
async def whole(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Whole]:
    """Run a server."""
    async with open_whole(tmp_path) as opened:
        yield opened
