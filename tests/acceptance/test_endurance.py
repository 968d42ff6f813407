"""Many calls and many functions: memory stays flat, nothing slows down."""

from __future__ import annotations

from pathlib import Path

import pytest

from rekuest import NodeHandle, Rekuest
from rekuest.api import get_server
from tests.acceptance.process import PATIENCE
from tests.acceptance.system import System

pytestmark = pytest.mark.anyio

WARM_UP = 500  # calls until caches, thread pools and allocators have their size
GROWTH = 8 << 20  # bytes that a process may gain by the calls that follow
MANY = 1000  # functions of `programs/many.py`


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(
    "calls", [1_000, pytest.param(10_000, marks=(pytest.mark.nightly, pytest.mark.timeout(600)))]
)
async def test_memory_stays_flat(own_system: System, calls: int) -> None:
    agent = own_system.provide()
    processes = (own_system.server, agent)
    async with Rekuest("acceptance") as client, await client.afind(interface="add") as node:
        await add_in_a_row(node, WARM_UP)
        before = [process.resident_bytes() for process in processes]
        await add_in_a_row(node, calls)
        after = [process.resident_bytes() for process in processes]

    assert len(agent.lines("add ")) == WARM_UP + calls
    for process, small, large in zip(processes, before, after, strict=True):
        assert large - small < GROWTH, f"{process.name} grew from {small} to {large} bytes"


def test_a_thousand_functions(own_system: System) -> None:
    agent = own_system.spawn("many.py")
    agent.wait_for(" provides ", timeout=2 * PATIENCE)
    with Rekuest("acceptance") as client:
        assert client.call("add_0", 1) == 1
        assert client.call(f"add_{MANY - 1}", 1) == MANY
        assert get_server().connected_agents == 1


async def add_in_a_row(node: NodeHandle, calls: int) -> None:
    """Call one after the other."""
    for number in range(calls):
        assert await node.aassign(number, 1) == number + 1
