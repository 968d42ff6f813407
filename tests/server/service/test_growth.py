"""What must not grow, however long a server runs and whatever its peers make up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from rekuest.api import wire
from rekuest.api.enums import LogLevel
from rekuest.server.service.deadlines import FORGOTTEN, Deadlines
from rekuest.server.service.sessions import KNOWN_APPS
from rekuest.server.service.tail import CHARACTERS_A_BATCH, Tail
from rekuest.server.store.commands import Command, SaveLogs
from rekuest.server.store.rows import LogRow
from tests.server.clock import ManualClock
from tests.server.service.conftest import World, accepted, call, declaration, done, provide, running

pytestmark = pytest.mark.anyio


async def test_fault_40_calls_that_have_ended_leave_nothing(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node, "first", timeout=1e6))
    await provide(agent, 5)
    for number in range(200):
        assign = await agent.gets(wire.Assign)
        await agent.says(accepted(assign), done(assign))
        await caller.event("DONE")
        await caller.says(call(node, f"r{number}", timeout=1e6, queue_timeout=1e6))
    view = world.service.view
    assert len(view.calls) == len(view.calls_by_key) == 1
    assert view.unsettled == {}
    assert view.open_calls == {"ann": 1}
    assert set(caller.session.follows) == set(view.calls)
    assert [len(one.waiting) for one in view.reservations.values()] == [0]
    assert [len(one.working) for one in view.provisions.values()] == [1]


async def test_times_of_what_is_over_are_forgotten() -> None:
    wanted = {"wanted"}
    deadlines = Deadlines(ManualClock(), lambda id, now: None, wanted.__contains__)
    deadlines.add(1e6, "wanted")
    for number in range(10 * FORGOTTEN):
        deadlines.add(1e6, str(number))
    assert len(deadlines) <= 2 * FORGOTTEN


async def test_a_deadline_that_fails_does_not_end_the_others() -> None:
    clock, due = ManualClock(), asyncio.Event()

    def fails_first(id: str, now: float) -> None:
        if id == "bad":
            raise ZeroDivisionError
        due.set()

    deadlines = Deadlines(clock, fails_first, lambda id: True)
    running = asyncio.create_task(deadlines.run())
    deadlines.add(1, "bad")
    deadlines.add(2, "good")
    await asyncio.sleep(0)
    await clock.advance(3)
    await asyncio.wait_for(due.wait(), 5)
    running.cancel()


async def test_agents_that_are_gone_are_not_looked_at_for_each_call(world: World) -> None:
    for number in range(20):
        agent = await world.agent(declaration(), instance=f"rig-{number}")
        await agent.says(wire.Goodbye())
    (template,) = world.service.view.templates.values()
    assert template.agents == set()
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node))
    assert len(template.agents) == 1


async def test_made_up_versions_are_not_remembered_for_ever(world: World) -> None:
    await world.peer()
    apps = world.service._sessions._apps
    (row,) = apps.values()
    apps.update({("lab", "ann", "app", f"0.{number}"): row for number in range(KNOWN_APPS)})
    await world.peer(app="one-more")
    assert len(apps) == 1


async def test_fault_57_a_flood_of_long_lines_is_dropped_between_two_flushes(world: World) -> None:
    written: list[Command] = []
    store = world.service.store
    write, tail = store.write, Tail(store)
    for _ in range(2 * CHARACTERS_A_BATCH // 10_000):
        tail.log(LogRow("call", LogLevel.INFO.value, "x" * 10_000, 0.0, 0), ephemeral=False)

    def noted(command: Command) -> asyncio.Future[Any]:
        written.append(command)
        return write(command)

    store.write = noted  # type: ignore[method-assign]  # to see what arrives
    tail.flush()
    (command,) = written
    assert isinstance(command, SaveLogs)
    assert sum(len(row.message) for row in command.rows) <= CHARACTERS_A_BATCH


async def test_fault_57_log_lines_of_a_call_that_is_over_go_nowhere(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(done(assign))
    line = wire.Log(
        assignation=assign.assignation,
        attempt=1,
        level=LogLevel.INFO,
        message="late",
        at=datetime.now(UTC),
        dropped=0,
    )
    await agent.says(line)
    await caller.event("DONE")
    assert not [one for one in caller.of(wire.Event) if one.event.log]
