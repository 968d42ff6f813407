"""What every test shares."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio only: the server and the client are asyncio programs."""
    return "asyncio"
