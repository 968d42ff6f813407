"""Many calls and many functions: memory stays flat, nothing slows down."""

from __future__ import annotations

import asyncio
import os
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
    watched = {"server": own_system.server.pid, "agent": agent.pid, "caller": os.getpid()}
    async with Rekuest("acceptance") as client, await client.afind(interface="add") as node:
        await add_in_a_row(node, WARM_UP)
        before = {name: resident_bytes(pid) for name, pid in watched.items()}
        await add_in_a_row(node, calls)
        grown = {name: resident_bytes(pid) - before[name] for name, pid in watched.items()}

    assert all(growth < GROWTH for growth in grown.values()), grown
    await asyncio.to_thread(agent.wait_for, "add ", count=WARM_UP + calls)


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


def resident_bytes(pid: int) -> int:
    """Return how much memory a process has."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
