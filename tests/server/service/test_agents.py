"""Leases, declarations, reservations, losses.  Source: schema/PROTOCOL.md, 2, 3, 6, 7; a test a clause."""

from __future__ import annotations

import pytest

from rekuest.api import wire
from rekuest.api.enums import ErrorCode, ReservationStatus
from rekuest.protocol.closing import CLOSE_CODES
from tests.server.service.conftest import (
    Start,
    World,
    accepted,
    call,
    declaration,
    declare,
    done,
    provide,
    reserve,
    running,
)

pytestmark = pytest.mark.anyio


async def test_clause_2_4_a_known_session_is_resumed(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    agent.drop()
    back = await world.peer(session=agent.hello.session_id)
    assert back.resumed
    assert [receipt.assignation for receipt in back.believed] == [assign.assignation]


async def test_clause_2_4_the_older_connection_of_a_session_is_closed(world: World) -> None:
    first = await world.peer(session="same")
    await world.peer(session="same")
    assert first.closed is not None
    assert first.closed[0] == CLOSE_CODES["REPLACED"]


async def test_clause_2_5_sessions_that_only_call_coexist(world: World) -> None:
    first, second = await world.peer(), await world.peer()
    assert first.closed is second.closed is None


async def test_clause_2_9_goodbye_ends_what_the_session_held(world: World) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node))
    await agent.says(wire.Goodbye())
    await caller.event("LOST")


async def test_clause_3_1_the_first_declare_claims_the_lease(world: World) -> None:
    agent = await world.peer()
    await agent.says(declare(declaration()))
    answer = await agent.gets(wire.Declared)
    assert (answer.complete, answer.epoch) == (True, 1)


async def test_clause_3_1_a_resumed_session_keeps_its_epoch(world: World) -> None:
    agent = await world.agent(declaration())
    agent.drop()
    back = await world.peer(session=agent.hello.session_id)
    await back.says(declare(declaration()))
    assert (await back.gets(wire.Declared)).epoch == 1


async def test_clause_3_2_a_second_live_agent_is_refused(world: World) -> None:
    first = await world.agent(declaration())
    second = await world.peer()
    await second.says(declare(declaration()))
    refused = await second.gets(wire.Refused)
    assert refused.code == ErrorCode.AGENT_EXISTS
    assert "'rig'" in refused.reason
    assert first.closed is None


async def test_clause_3_2_a_takeover_fences_the_holder(world: World) -> None:
    first = await world.agent(declaration())
    second = await world.peer()
    await second.says(declare(declaration(), takeover=True))
    assert (await second.gets(wire.Declared)).epoch == 2
    assert first.closed is not None
    assert first.closed[0] == CLOSE_CODES["REPLACED"]


async def test_clause_3_3_a_known_digest_needs_no_bodies(world: World) -> None:
    agent = await world.agent(declaration())
    probe = declare(declaration()).model_copy(update={"templates": [], "last": False})
    await agent.says(probe)
    assert (await agent.gets(wire.Declared)).complete
    other = probe.model_copy(update={"digest": "0" * 64})
    await agent.says(other)
    assert not (await agent.gets(wire.Declared)).complete


async def test_clause_3_4_nothing_is_visible_before_the_last_part(world: World) -> None:
    agent = await world.peer()
    whole = declare(declaration("one"), declaration("two"))
    parts = [
        whole.model_copy(update={"part": 0, "last": False, "templates": whole.templates[:1]}),
        whole.model_copy(update={"part": 1, "templates": whole.templates[1:]}),
    ]
    await agent.says(parts[0])
    assert world.service.view.nodes == {}
    await agent.says(parts[1])
    assert {node.row.name for node in world.service.view.nodes.values()} == {"one", "two"}


async def test_clause_3_6_a_declaration_replaces_the_one_before(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(done(assign))
    await agent.says(declare(declaration("other")))
    await agent.gets(wire.Unprovide)
    await caller.says(call(node, "r2"))
    assert (await caller.gets(wire.CallRejected)).code == ErrorCode.NO_AGENT
    row = await world.service.store.read.assignations.get(assign.assignation, viewer=None)
    assert row is not None  # history stays


async def test_clause_3_7_a_bad_template_is_left_out_and_named(world: World) -> None:
    agent = await world.peer()
    bad = declaration("bad")
    bad = bad.model_copy(
        update={"ports": [bad.ports[0].model_copy(update={"index": 7}), *bad.ports[1:]]}
    )
    await agent.says(declare(declaration("good"), bad))
    answer = await agent.gets(wire.Declared)
    assert [(one.interface, one.accepted) for one in answer.diagnostics] == [("bad", False)]
    assert {node.row.name for node in world.service.view.nodes.values()} == {"good"}


async def test_clause_3_8_what_a_fenced_session_sends_changes_nothing(world: World) -> None:
    first, caller, node = await world.pair(idempotent=True)
    assign = await running(first, caller, call(node))
    second = await world.peer()
    await second.says(declare(declaration(idempotent=True), takeover=True))
    await second.gets(wire.Declared)
    await first.says(done(assign, "stale"))
    await provide(second)
    again = await second.gets(wire.Assign)
    await second.says(accepted(again), done(again, "fresh"))
    assert (await caller.event("DONE")).returns == {"return": "fresh"}


async def test_clause_4_1_a_provision_is_asked_for_again_after_a_reconnect(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node))
    provision = await provide(agent)
    agent.drop()
    back = await world.peer(session=agent.hello.session_id)
    await back.says(declare(declaration()))
    assert (await back.gets(wire.Provide)).provision == provision


async def test_clause_6_1_a_reservation_is_made_once(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(reserve(node), reserve(node))
    first, again = await caller.gets(wire.Reserved), await caller.gets(wire.Reserved)
    assert first.reservation == again.reservation
    await agent.gets(wire.Provide)


async def test_clause_6_1_nothing_viable_is_refused(world: World) -> None:
    agent, caller, node = await world.pair()
    await agent.says(wire.Goodbye())
    await caller.says(reserve(node))
    assert (await caller.gets(wire.Refused)).code == ErrorCode.NO_AGENT


async def test_clause_6_2_a_changed_status_is_told(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(reserve(node))
    await caller.gets(wire.Reserved)
    await provide(agent)
    changed = await caller.gets(wire.ReservationChanged)
    while changed.status != ReservationStatus.ACTIVE:
        changed = await caller.gets(wire.ReservationChanged)
    assert changed.active_instances == 1


async def test_clause_6_2_a_waiting_reservation_says_why(world: World) -> None:
    _, caller, node = await world.pair()
    await caller.says(reserve(node, instances=2))
    changed = await caller.gets(wire.ReservationChanged)
    assert changed.reason == "needs 2 instances of 'greet', 1 agent is connected: rig"


async def test_clause_6_3_release_ends_what_waits_and_not_what_runs(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(reserve(node))
    reservation = (await caller.gets(wire.Reserved)).reservation
    await provide(agent)
    await caller.says(
        call(None, "runs", reservation=reservation), call(None, "waits", reservation=reservation)
    )
    assign = await agent.gets(wire.Assign)
    await agent.says(accepted(assign))
    await caller.says(wire.Release(reservation=reservation))
    await caller.gets(wire.Released)
    await caller.event("CANCELLED")
    await agent.says(done(assign))
    await caller.event("DONE")


async def test_clause_6_4_a_reservation_ends_with_its_session(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(reserve(node))
    await provide(agent)
    caller.drop()
    await world.clock.advance(9)
    assert len(world.service.view.reservations) == 1
    await world.clock.advance(3)
    assert world.service.view.reservations == {}
    await agent.gets(wire.Unprovide)


async def test_clause_7_1_an_agent_that_returns_in_its_lease_keeps_its_calls(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    agent.drop()
    await world.clock.advance(8)
    back = await world.peer(session=agent.hello.session_id)
    await back.says(declare(declaration()))
    await world.clock.advance(8)
    await back.says(done(assign))
    assert (await caller.event("DONE")).attempt == 1


@pytest.mark.parametrize(("idempotent", "kind"), [(False, "LOST"), (True, "RETRIED")])
async def test_clause_7_2_a_lost_agent_decides_its_calls(
    world: World, idempotent: bool, kind: str
) -> None:
    agent, caller, node = await world.pair(idempotent=idempotent)
    await running(agent, caller, call(node))
    agent.drop()
    await world.clock.advance(12)
    event = await caller.event(kind)
    assert "'rig' was lost" in (event.reason or "")


async def test_clause_7_2_a_call_is_parked_after_its_last_attempt(world: World) -> None:
    agent, caller, node = await world.pair(idempotent=True)
    await running(agent, caller, call(node, wait=True))
    for attempt in (2, 3):
        await agent.says(wire.Goodbye())
        agent = await world.agent(declaration(idempotent=True))
        await provide(agent)
        assign = await agent.gets(wire.Assign)
        assert assign.attempt == attempt
        await agent.says(accepted(assign))
    await agent.says(wire.Goodbye())
    await caller.event("PARKED")


async def test_clause_7_2_an_agent_started_anew_ends_its_former_calls(world: World) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node))
    agent.drop()
    await world.agent(declaration())
    await caller.event("LOST")


async def test_clause_7_3_leases_start_anew_with_the_server(start: Start) -> None:
    world = await start()
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node))
    await world.clock.advance(60)
    world = await start()
    await world.clock.advance(8)
    back = await world.peer(session=agent.hello.session_id)
    assert back.resumed


async def test_fault_04_the_caller_of_a_lost_agent_is_told_within_a_second(world: World) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node))
    agent.drop()
    await world.clock.advance(11)
    await caller.event("LOST")


async def test_nothing_crosses_organizations(world: World) -> None:
    _, _, node = await world.pair()
    eve = await world.peer("eve", organization="far")
    await eve.says(call(node))
    assert (await eve.gets(wire.CallRejected)).code == ErrorCode.NOT_FOUND


async def test_a_provision_that_fails_is_told_to_the_reservation(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(reserve(node))
    asked = await agent.gets(wire.Provide)
    error = wire.ExceptionInfo(type="OSError", message="no GPU", notes=[])
    await agent.says(wire.ProvideFailed(provision=asked.provision, error=error))
    assert asked.provision not in world.service.view.provisions
