"""What a caller may try, on purpose or not: everything ends, and nothing reaches what is not its own."""

from __future__ import annotations

import pytest

from rekuest.api import wire
from rekuest.api.enums import ErrorCode
from rekuest.server.domain.principal import Principal
from rekuest.server.service.errors import RejectionError
from tests.server.service.conftest import (
    World,
    call,
    declaration,
    done,
    provide,
    reserve,
    running,
)

pytestmark = pytest.mark.anyio

ANN = Principal("ann", "Ann", "lab", "app", None, None)


async def test_clause_5_2_a_call_that_has_ended_is_the_same_call_without_any_agent(
    world: World,
) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(done(assign))
    await agent.receipt(assign.assignation, 2)
    caller.drop()  # as if the answer were lost
    await agent.says(wire.Goodbye())
    back = await world.peer(session=caller.hello.session_id)
    await back.says(call(node))
    assert (await back.gets(wire.CallAccepted)).assignation == assign.assignation
    await back.event("DONE")


async def test_clause_5_2_other_arguments_are_a_conflict_without_any_agent(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(done(assign))
    await agent.receipt(assign.assignation, 2)
    await agent.says(wire.Goodbye())
    await caller.says(call(node, x=2))
    assert (await caller.gets(wire.CallRejected)).code == ErrorCode.CONFLICT


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e300])
@pytest.mark.parametrize("name", ["timeout", "queue_timeout"])
async def test_clause_5_7_an_impossible_timeout_is_rejected(
    world: World, name: str, seconds: float
) -> None:
    _, caller, node = await world.pair()
    await caller.says(call(node).model_copy(update={name: seconds}))
    assert (await caller.gets(wire.CallRejected)).code == ErrorCode.INVALID_INPUT


async def test_clause_5_9_a_session_of_somebody_else_cancels_nothing(world: World) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node, cancel_on_disconnect=True))
    eve = await world.peer("eve", organization="far", session=caller.hello.session_id)
    await eve.says(wire.Goodbye())
    await world.settled()
    assert agent.of(wire.Cancel) == []
    await caller.says(wire.Goodbye())
    await agent.gets(wire.Cancel)


async def test_fault_58_a_parent_of_somebody_else_does_not_exist(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await world.agent(declaration("spy"), user="eve", app="spy", organization="far")
    eve = await world.peer("eve", app="spy", organization="far")
    spied = await world.node("spy", organization="far")
    await eve.says(call(spied, parent=assign.assignation), call(spied, "r2", parent="made up"))
    foreign, unknown = await eve.gets(wire.CallRejected), await eve.gets(wire.CallRejected)
    assert foreign.code == unknown.code == ErrorCode.NOT_FOUND
    assert foreign.message.replace(assign.assignation, "") == unknown.message.replace("made up", "")


async def test_a_deep_family_is_cancelled_whole(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node, ephemeral=True))
    await provide(agent, credits=3000)
    root = parent = (await caller.gets(wire.CallAccepted)).assignation
    calls, open_calls = world.service.view.calls, world.service.view.open_calls
    for depth in range(1500):
        open_calls.clear()  # the bound of the tests is lower
        await caller.says(call(node, f"child {depth}", parent=parent, ephemeral=True))
        parent = (await caller.gets(wire.CallAccepted)).assignation
    await caller.says(wire.Cancel(assignation=root))
    assert len(calls) == 1501
    assert {one.status.value for one in calls.values()} == {"CANCELLING"}


async def test_the_implicit_reservation_cannot_be_released(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await caller.says(wire.Release(reservation=assign.reservation or ""))
    assert (await caller.gets(wire.Refused)).code == ErrorCode.NOT_FOUND
    with pytest.raises(RejectionError):
        await world.service.release(ANN, assign.reservation or "")
    await agent.says(done(assign))
    await caller.event("DONE")
    await caller.says(call(node, "r2"))
    await caller.gets(wire.CallAccepted)


@pytest.mark.parametrize("reference", ["implicit:{node}", "", "x" * 201])
async def test_clause_6_1_a_bad_reference_is_refused(world: World, reference: str) -> None:
    _, caller, node = await world.pair()
    await caller.says(call(node), reserve(node, reference.format(node=node)))
    assert (await caller.gets(wire.Refused)).code == ErrorCode.INVALID_INPUT
    assert caller.session.reservations == set()


async def test_clause_6_3_a_busy_instance_is_given_back_when_it_is_done(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(reserve(node))
    made = await caller.gets(wire.Reserved)
    provision = await provide(agent)
    await caller.says(call(None, reservation=made.reservation))
    assign = await agent.gets(wire.Assign)
    await agent.says(wire.Accepted(assignation=assign.assignation, attempt=1, seq=1))
    await caller.says(wire.Release(reservation=made.reservation))
    await caller.gets(wire.Released)
    assert agent.of(wire.Unprovide) == []
    await agent.says(done(assign))
    assert (await agent.gets(wire.Unprovide)).provision == provision


async def test_a_bad_argument_provides_nothing(world: World) -> None:
    _, caller, node = await world.pair()
    await caller.says(call(node, x="five"))
    assert (await caller.gets(wire.CallRejected)).code == ErrorCode.INVALID_ARGS
    assert world.service.view.reservations == {}
    assert world.service.view.provisions == {}
