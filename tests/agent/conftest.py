"""What the tests of the agent share."""

from collections.abc import AsyncIterator

import pytest

from tests.agent.registrar import Registrar
from tests.client.session_server import serving


@pytest.fixture
async def registrar() -> AsyncIterator[Registrar]:
    async with serving() as server:
        yield Registrar(server)
