"""What the tests of the client share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.client.world import World, running_world


@pytest.fixture
def world() -> Iterator[World]:
    """A running server in miniature."""
    with running_world() as world:
        yield world
