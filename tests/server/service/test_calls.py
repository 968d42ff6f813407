"""Calls, from Call to the terminal event.  Source: schema/PROTOCOL.md, 4 and 5; a test a clause."""

from __future__ import annotations

import pytest

from rekuest.api import wire
from rekuest.api.enums import AssignationStatus, ErrorCode, Priority
from tests.server.service.conftest import (
    Start,
    World,
    accepted,
    call,
    declaration,
    done,
    provide,
    reserve,
    running,
)

pytestmark = pytest.mark.anyio


async def test_clause_5_1_a_call_is_accepted_once_it_is_stored(world: World) -> None:
    _, caller, node = await world.pair()
    await caller.says(call(node))
    answer = await caller.gets(wire.CallAccepted)
    row = await world.service.store.read.assignations.get(answer.assignation, viewer=None)
    assert row is not None
    assert (row.reference, row.args) == ("r1", {"x": 1})


@pytest.mark.parametrize(
    ("args", "path", "expected", "got"),
    [
        ({"x": "5"}, "x", "INT", "STRING"),
        ({}, "x", "INT", "nothing"),
        ({"x": 1, "y": 2}, "y", "no such port", "INT"),
    ],
)
async def test_clause_5_1_arguments_that_do_not_fit_are_rejected(
    world: World, args: dict[str, object], path: str, expected: str, got: str
) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node, args=args))
    answer = await caller.gets(wire.CallRejected)
    assert answer.code == ErrorCode.INVALID_ARGS
    assert "'greet'" in answer.message
    (failure,) = answer.failures
    assert failure.path == path
    assert expected.lower() in failure.expected.lower() or "no " in failure.expected.lower()
    assert got.lower() in failure.got.lower()
    assert agent.of(wire.Provide) == []


async def test_clause_5_1_another_users_node_looks_like_none(world: World) -> None:
    _, _, node = await world.pair()
    bob = await world.peer("bob")
    await bob.says(call(node), call("made-up", "r2"))
    known, unknown = await bob.gets(wire.CallRejected), await bob.gets(wire.CallRejected)
    assert known.code == unknown.code == ErrorCode.NOT_FOUND
    assert known.message.replace(node, "") == unknown.message.replace("made-up", "")


async def test_clause_5_2_the_same_reference_is_the_same_call(world: World) -> None:
    _, caller, node = await world.pair()
    await caller.says(call(node), call(node))
    first, again = await caller.gets(wire.CallAccepted), await caller.gets(wire.CallAccepted)
    assert first.assignation == again.assignation


async def test_clause_5_2_other_arguments_under_one_reference_conflict(world: World) -> None:
    _, caller, node = await world.pair()
    await caller.says(call(node))
    await caller.gets(wire.CallAccepted)
    await caller.says(call(node, x=2))
    assert (await caller.gets(wire.CallRejected)).code == ErrorCode.CONFLICT


async def test_clause_5_2_a_reference_is_remembered_after_the_end(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(done(assign))
    await caller.event("DONE")
    await caller.says(call(node))
    answer = await caller.gets(wire.CallAccepted)
    assert (answer.assignation, answer.status) == (assign.assignation, AssignationStatus.DONE)
    assert (await caller.event("DONE")).returns == {"return": "hi"}


async def test_clause_5_3_events_come_in_order_and_without_gaps(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node))
    number = (await caller.gets(wire.CallAccepted)).number
    await provide(agent)
    assign = await agent.gets(wire.Assign)
    await agent.says(accepted(assign))
    for seq in range(2, 7):
        await agent.says(
            wire.Yield(assignation=assign.assignation, attempt=1, seq=seq, returns={"return": "a"})
        )
    await agent.says(done(assign, seq=7))
    await caller.event("DONE")
    numbers = [message.event.number for message in caller.of(wire.Event)]
    assert numbers == list(range(number + 1, number + 1 + len(numbers)))
    assert len(numbers) == 8  # bound, accepted, five values, done


async def test_clause_4_6_progress_and_logs_are_passed_on_without_a_number(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(
        wire.Progress(assignation=assign.assignation, attempt=1, done=0.5, message="half")
    )
    event = await caller.event("PROGRESS")
    assert event.number is None
    assert event.progress == wire.ProgressInfo(done=0.5, message="half")


async def test_clause_5_4_a_call_is_followed_from_a_cursor(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    other = await world.peer(instance="elsewhere")
    await other.says(wire.Attach(reference="r1", after=1))
    attached = await other.gets(wire.Attached)
    assert attached.assignation == assign.assignation
    await agent.says(done(assign))
    await other.event("DONE")
    assert [message.event.number for message in other.of(wire.Event)] == [2, 3, 4]


async def test_clause_5_4_another_users_call_looks_like_none(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    bob = await world.peer("bob")
    await bob.says(wire.Attach(assignation=assign.assignation, after=0))
    assert (await bob.gets(wire.Refused)).code == ErrorCode.NOT_FOUND


async def test_clause_5_5_a_call_goes_on_when_nobody_follows_it(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await caller.says(wire.Detach(assignation=assign.assignation))
    await agent.says(done(assign))
    await agent.receipt(assign.assignation, 2)
    assert "DONE" not in [message.event.kind for message in caller.of(wire.Event)]


async def test_clause_5_6_a_running_call_is_cancelled_when_its_code_has_ended(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await caller.says(wire.Cancel(assignation=assign.assignation))
    await caller.event("CANCELLING")
    assert (await agent.gets(wire.Cancel)).assignation == assign.assignation
    await agent.says(wire.Cancelled(assignation=assign.assignation, attempt=1, seq=2))
    await caller.event("CANCELLED")


async def test_clause_5_6_a_waiting_call_is_cancelled_at_once(world: World) -> None:
    _, caller, node = await world.pair()
    await caller.says(call(node))
    id = (await caller.gets(wire.CallAccepted)).assignation
    await caller.says(wire.Cancel(assignation=id))
    await caller.event("CANCELLED")


async def test_clause_5_6_an_ended_call_says_so(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(done(assign))
    await caller.event("DONE")
    await caller.says(wire.Cancel(assignation=assign.assignation))
    assert (await caller.gets(wire.Refused)).code == ErrorCode.ALREADY_ENDED


async def test_clause_5_6_foreign_and_unknown_calls_look_alike(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    bob = await world.peer("bob")
    await bob.says(wire.Cancel(assignation=assign.assignation), wire.Cancel(assignation="made-up"))
    foreign, unknown = await bob.gets(wire.Refused), await bob.gets(wire.Refused)
    assert foreign.code == unknown.code == ErrorCode.NOT_FOUND
    assert agent.of(wire.Cancel) == []


async def test_clause_5_7_a_running_call_expires_and_its_actor_is_told(world: World) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node, timeout=3.0))
    await world.clock.advance(3.1)
    await caller.event("EXPIRED")
    await agent.gets(wire.Cancel)


async def test_clause_5_7_a_waiting_call_expires(world: World) -> None:
    _, caller, node = await world.pair()
    await caller.says(call(node, queue_timeout=2.0))
    await caller.gets(wire.CallAccepted)
    await world.clock.advance(2.1)
    assert "queue timeout" in ((await caller.event("EXPIRED")).reason or "")


async def test_clause_5_8_without_an_agent_a_call_is_rejected(world: World) -> None:
    agent, caller, node = await world.pair()
    await agent.says(wire.Goodbye())
    await caller.says(call(node))
    answer = await caller.gets(wire.CallRejected)
    assert answer.code == ErrorCode.NO_AGENT


async def test_clause_5_8_a_call_that_waits_is_queued_without_an_agent(world: World) -> None:
    agent, caller, node = await world.pair()
    await agent.says(wire.Goodbye())
    await caller.says(call(node, wait=True))
    answer = await caller.gets(wire.CallAccepted)
    assert answer.status == AssignationStatus.QUEUED
    back = await world.agent(declaration())
    await provide(back)
    assert (await back.gets(wire.Assign)).assignation == answer.assignation


async def test_clause_5_8_the_queue_of_a_reservation_is_bounded(world: World) -> None:
    _, caller, node = await world.pair()
    await caller.says(*[call(node, f"r{index}") for index in range(6)])
    assert (await caller.gets(wire.CallRejected)).code == ErrorCode.RESERVATION_FULL


async def test_clause_5_8_the_open_calls_of_a_user_are_bounded(world: World) -> None:
    agent, caller, node = await world.pair(concurrency=50)
    await caller.says(call(node, "first"))
    await provide(agent, credits=50)
    await caller.says(*[call(node, f"r{index}") for index in range(20)])
    assert (await caller.gets(wire.CallRejected)).code == ErrorCode.LIMIT_EXCEEDED


async def test_clause_5_9_a_callers_loss_changes_nothing(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await caller.says(wire.Goodbye())
    await agent.says(done(assign))
    await agent.receipt(assign.assignation, 2)
    row = await world.service.store.read.assignations.get(assign.assignation, viewer=None)
    assert row is not None
    assert row.status == "DONE"


async def test_clause_5_9_a_call_may_end_with_its_caller(world: World) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node, cancel_on_disconnect=True))
    await caller.says(wire.Goodbye())
    await agent.gets(wire.Cancel)


async def test_clause_4_2_no_more_calls_than_credits(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(*[call(node, f"r{index}") for index in range(3)])
    await provide(agent, credits=2)
    first, second = await agent.gets(wire.Assign), await agent.gets(wire.Assign)
    await agent.says(accepted(second), done(second))
    third = await agent.gets(wire.Assign)
    assert len({first.assignation, second.assignation, third.assignation}) == 3
    assert len(agent.of(wire.Assign)) == 3


async def test_clause_4_2_credits_can_be_changed(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(*[call(node, f"r{index}") for index in range(2)])
    provision = await provide(agent, credits=1)
    await agent.gets(wire.Assign)
    await agent.says(wire.Credits(provision=provision, credits=2))
    await agent.gets(wire.Assign)


async def test_clause_4_3_a_refused_call_is_assigned_again(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node))
    await provide(agent)
    first = await agent.gets(wire.Assign)
    await agent.says(
        wire.Refused(
            message="Assign", subject=first.assignation, code=ErrorCode.STALE, reason="restarting"
        )
    )
    second = await agent.gets(wire.Assign)
    assert (second.assignation, second.attempt) == (first.assignation, 2)


async def test_clause_4_5_a_repeated_event_changes_nothing(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.receipt(assign.assignation, 1)
    agent.receipts.clear()
    await agent.says(accepted(assign))
    assert [receipt.seq for receipt in agent.receipts] == [1]
    await agent.says(done(assign))
    await caller.event("DONE")
    agent.receipts.clear()
    await agent.says(done(assign))
    assert [receipt.seq for receipt in agent.receipts] == [2]
    kinds = [message.event.kind for message in caller.of(wire.Event)]
    assert [kind for kind in kinds if kind in {"DONE", "ACCEPTED"}] == ["ACCEPTED", "DONE"]


async def test_clause_4_7_foreign_and_unknown_calls_are_refused_alike(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    forger = await world.agent(declaration(), user="bob")
    forged = wire.Done(assignation="made-up", attempt=1, seq=1, returns={})
    await forger.says(done(assign, "forged"), forged)
    foreign, unknown = await forger.gets(wire.Refused), await forger.gets(wire.Refused)
    assert foreign.code == unknown.code == ErrorCode.NOT_FOUND
    assert foreign.reason.replace(assign.assignation, "") == unknown.reason.replace("made-up", "")
    assert "DONE" not in [message.event.kind for message in caller.of(wire.Event)]


async def test_clause_4_7_gaps_and_other_attempts_are_refused(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(done(assign, seq=4))
    assert (await agent.gets(wire.Refused)).code == ErrorCode.OUT_OF_PLACE
    old = wire.Done(assignation=assign.assignation, attempt=0, seq=2, returns={})
    await agent.says(old)
    assert (await agent.gets(wire.Refused)).code == ErrorCode.STALE


async def test_clause_4_10_no_tokens_are_minted_yet_and_never_for_others(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    mint = wire.Mint(assignation=assign.assignation, attempt=1, audience="https://storage.lab")
    await agent.says(mint)
    assert (await agent.gets(wire.Refused)).code == ErrorCode.NOT_IMPLEMENTED
    forger = await world.agent(declaration(), user="bob")
    await forger.says(mint)
    assert (await forger.gets(wire.Refused)).code == ErrorCode.NOT_FOUND


async def test_clause_7_3_a_restarted_server_keeps_what_it_accepted(start: Start) -> None:
    world = await start()
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.receipt(assign.assignation, 1)
    world = await start()
    back = await world.peer(session=agent.hello.session_id)
    assert back.resumed
    assert back.believed == [wire.Receipt(assignation=assign.assignation, attempt=1, seq=1)]
    await back.says(done(assign))
    await back.receipt(assign.assignation, 2)
    again = await world.peer(session=caller.hello.session_id)
    await again.says(wire.Attach(assignation=assign.assignation, after=0))
    assert (await again.event("DONE")).returns == {"return": "hi"}


async def test_clause_5_8_a_cancelled_call_leaves_its_place_in_the_queue(world: World) -> None:
    _, caller, node = await world.pair()
    for index in range(5):
        await caller.says(call(node, f"r{index}"))
        id = (await caller.gets(wire.CallAccepted)).assignation
        await caller.says(wire.Cancel(assignation=id))
        await caller.event("CANCELLED")
    await caller.says(call(node, "one more"))
    await caller.gets(wire.CallAccepted)


async def test_clause_6_3_a_call_that_lost_agent_and_reservation_ends(world: World) -> None:
    agent, caller, node = await world.pair(idempotent=True)
    await caller.says(reserve(node))
    reservation = (await caller.gets(wire.Reserved)).reservation
    await provide(agent)
    await caller.says(call(None, "runs", reservation=reservation))
    await agent.says(accepted(await agent.gets(wire.Assign)))
    await caller.event("ACCEPTED")
    await caller.says(wire.Release(reservation=reservation))
    await agent.says(wire.Goodbye())
    assert "reservation has ended" in ((await caller.event("CANCELLED")).reason or "")


async def test_urgent_calls_go_first(world: World) -> None:
    agent, caller, node = await world.pair()
    order = [("low", Priority.LOW), ("normal", Priority.NORMAL), ("high", Priority.HIGH)]
    await caller.says(*[call(node, name, priority=priority) for name, priority in order])
    ids = {(await caller.gets(wire.CallAccepted)).assignation: name for name, _ in order}
    await provide(agent)
    went = []
    for _ in order:
        assign = await agent.gets(wire.Assign)
        went.append(ids[assign.assignation])
        await agent.says(accepted(assign), done(assign))
    assert went == ["high", "normal", "low"]
