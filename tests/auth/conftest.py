"""What the tests of credentials share."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.auth.endpoint_server import Endpoint, serve_tokens


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A running token endpoint."""
    with serve_tokens() as endpoint:
        yield endpoint


@pytest.fixture
def dead_url() -> str:
    """A URL at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep_until(self, deadline: float) -> None:
        self.at = max(self.at, deadline)


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands where it is put."""
    return SetClock()
