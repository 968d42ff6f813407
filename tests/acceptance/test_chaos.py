"""Many calls while parts die: each gives its result once, and runs once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from rekuest import Rekuest
from rekuest.api import AssignationFields, alist_assignations
from rekuest.api.enums import AssignationStatus
from rekuest.api.inputs import AssignationFilter
from tests.acceptance.gate import Gate
from tests.acceptance.process import PATIENCE
from tests.acceptance.system import System

pytestmark = pytest.mark.anyio

CALLS = 300
PAGE = 100
KILLED_AT = (30, 150)  # calls that have run when the server is killed


async def test_server_dies_twice_under_load(own_system: System) -> None:
    agent = own_system.provide()
    async with Rekuest("acceptance") as client:
        node = (await client.afind(interface="add")).options(wait=True)
        calls = [asyncio.create_task(node.aassign(number, 1)) for number in range(CALLS)]
        for ran in KILLED_AT:
            await asyncio.to_thread(agent.wait_for, "add ", count=ran)
            await asyncio.to_thread(own_system.kill)
            await asyncio.to_thread(own_system.start)
        sums = await asyncio.wait_for(asyncio.gather(*calls), 2 * PATIENCE)
        done = AssignationFilter(node=node.id, status=[AssignationStatus.DONE])
        recorded = [call async for call in pages(done)]

    assert sums == list(range(1, CALLS + 1))
    await asyncio.to_thread(agent.wait_for, "add ", count=CALLS)
    assert Counter(agent.lines("add ")) == Counter(f"add {number} 1" for number in range(CALLS))
    assert len(recorded) == CALLS


async def test_other_agent_takes_the_calls_of_a_lost_one(own_system: System) -> None:
    lost = own_system.provide("provider.py", "first")
    heir = own_system.provide("provider.py", "second")
    async with Rekuest("acceptance") as client:
        node = await client.afind(interface="add")
        await asyncio.gather(*(node.aassign(number, 1) for number in range(20)))
        lost.kill()
        sums = await asyncio.gather(*(node.aassign(number, 2) for number in range(20)))

    assert sums == list(range(2, 22))
    await asyncio.to_thread(heir.wait_for, "add ", count=20)


async def test_idempotent_call_is_tried_again(own_system: System, gate: Gate) -> None:
    lost = own_system.provide()
    async with Rekuest("acceptance") as client:
        result = asyncio.create_task(client.acall("hold_again", str(gate)))
        await asyncio.to_thread(lost.wait_for, gate.holding)
        lost.kill()
        heir = await asyncio.to_thread(own_system.provide)
        await asyncio.to_thread(heir.wait_for, gate.holding)
        await asyncio.to_thread(gate.release, "second try")

        assert await result == "second try"


async def pages(wanted: AssignationFilter) -> AsyncIterator[AssignationFields]:
    """Yield every recorded call that is wanted."""
    page = await alist_assignations(filter=wanted, first=PAGE)
    while True:
        for call in page.items:
            yield call
        if not page.page_info.has_next_page:
            return
        page = await alist_assignations(filter=wanted, first=PAGE, after=page.page_info.end_cursor)
