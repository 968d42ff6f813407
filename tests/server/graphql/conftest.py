"""A small server for each test of GraphQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server.graphql.world import World, open_world


@pytest.fixture
async def world(tmp_path: Path, anyio_backend: str) -> AsyncIterator[World]:
    """Open a small server."""
    async with open_world(tmp_path) as opened:
        yield opened
