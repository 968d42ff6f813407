"""Many calls at once: from tasks, from threads, from processes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from rekuest import Rekuest
from tests.acceptance.process import Process
from tests.acceptance.system import System

pytestmark = pytest.mark.anyio


async def test_hundred_calls_at_once(provider: Process) -> None:
    async with Rekuest("acceptance") as client, await client.afind(interface="add") as node:
        sums = await asyncio.gather(*(node.aassign(number, 1000) for number in range(100)))

    assert sums == list(range(1000, 1100))


def test_twenty_threads(client: Rekuest) -> None:
    node = client.find(interface="multiply")
    with ThreadPoolExecutor(20) as pool:
        products = list(pool.map(lambda number: node.assign(number, 3), range(200)))

    assert products == [3 * number for number in range(200)]


def test_two_callers_at_once(system: System, provider: Process) -> None:
    callers = [system.spawn("summing_caller.py", str(start), "50") for start in (0, 1000)]

    assert [caller.output() for caller in callers] == [["sum 1225"], ["sum 51225"]]


def test_call_runs_once(client: Rekuest, provider: Process) -> None:
    node = client.find(interface="add").options(reference="only-once")

    assert node.assign(7001, 1) == 7002
    assert node.assign(7001, 1) == 7002
    assert node.options().assign(7002, 1) == 7003
    provider.wait_for("add 7002 1")
    assert provider.lines("add 7001 1") == ["add 7001 1"]
