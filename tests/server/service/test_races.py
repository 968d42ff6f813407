"""What may happen between two awaits: claims that cross, sockets that drop in the middle."""

from __future__ import annotations

import asyncio

import pytest

from rekuest.api import wire
from rekuest.api.enums import AgentStatus, ErrorCode
from tests.server.service.conftest import (
    Peer,
    World,
    accepted,
    call,
    declaration,
    declare,
    done,
    provide,
    running,
)

pytestmark = pytest.mark.anyio


async def started(peer: Peer, message: wire.ClientMessage) -> asyncio.Task[None]:
    """Begin to follow a message, and return in the middle of it."""
    waiting = peer.service.handle(peer.session, message)
    assert waiting is not None

    async def wait() -> None:
        await waiting

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


def later(code: int, reason: str) -> None:
    """Close some other time."""


async def test_fault_19_of_two_agents_that_declare_at_once_one_wins(world: World) -> None:
    first, second = await world.peer(), await world.peer()
    await asyncio.gather(first.says(declare(declaration())), second.says(declare(declaration())))
    assert (await first.gets(wire.Declared)).epoch == 1
    assert (await second.gets(wire.Refused)).code == ErrorCode.AGENT_EXISTS
    assert first.closed is None
    assert second.session.agent is None


async def test_fault_20_of_two_takeovers_at_once_the_later_wins(world: World) -> None:
    first, second = await world.peer(), await world.peer()
    message = declare(declaration(idempotent=True), takeover=True)
    await asyncio.gather(first.says(message), second.says(message))
    assert (await second.gets(wire.Declared)).epoch == 2
    assert first.closed is not None
    assert first.closed[0] == 4409
    assert first.session.agent is None
    (agent,) = world.service.view.agents.values()
    assert (agent.session, agent.epoch) == (second.session, 2)


async def test_clause_2_4_an_agent_that_returns_before_its_loss_is_noticed_stays(
    world: World,
) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    agent.close = later  # type: ignore[method-assign]  # as a socket does, whose peer is gone
    back = await world.peer(session=agent.hello.session_id)
    await back.says(declare(declaration()))
    await world.clock.advance(30)
    await back.says(done(assign))
    assert (await caller.event("DONE")).attempt == 1


async def test_clause_4_1_an_order_lost_with_the_old_socket_is_repeated(world: World) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node))
    asked = await agent.gets(wire.Provide)
    agent.close = later  # type: ignore[method-assign]  # as above
    back = await world.peer(session=agent.hello.session_id)
    await back.says(declare(declaration()))
    assert (await back.gets(wire.Provide)).provision == asked.provision


async def test_clause_3_4_what_was_stored_becomes_visible_without_its_socket(world: World) -> None:
    agent = await world.peer()
    task = await started(agent, declare(declaration()))
    task.cancel()
    agent.drop()
    await asyncio.gather(task, return_exceptions=True)
    await world.service.store.write_all(())
    await world.settled()
    await world.node()
    assert [one.status for one in world.service.view.agents.values()] == [AgentStatus.UNREACHABLE]
    await world.clock.advance(12)
    assert [one.status for one in world.service.view.agents.values()] == [AgentStatus.DISCONNECTED]
    assert world.service.view.sessions == {}


async def test_clause_2_9_a_session_that_ends_while_it_declares_holds_no_agent(
    world: World,
) -> None:
    agent = await world.peer()
    task = await started(agent, declare(declaration(autoprovide=True)))
    await agent.says(wire.Goodbye())
    await task
    await world.settled()
    view = world.service.view
    assert {one.status for one in view.agents.values()} <= {AgentStatus.DISCONNECTED}
    assert view.provisions == {}
    other = await world.agent(declaration())
    assert other.of(wire.Declared)[0].complete


async def test_clause_2_4_two_connections_of_a_new_session_at_once(world: World) -> None:
    one = Peer(world.service, (await world.peer()).principal, (await world.peer()).hello)
    two = Peer(world.service, one.principal, one.hello)
    for peer in (one, two):
        peer.hello = one.hello.model_copy(
            update={
                "session_id": "same",
                "app": wire.AppIdentity(identifier="app", version="new"),
            }
        )
    await asyncio.gather(one.open(), two.open())
    assert one.session is two.session
    assert two.session.link is two
    assert one.closed is not None
    assert two.closed is None


async def test_clause_3_8_an_agent_that_was_lost_declares_nothing_for_the_next(
    world: World,
) -> None:
    first = await world.agent(declaration())
    task = await started(first, declare(declaration("late")))
    second = await world.peer()
    await second.says(declare(declaration("new"), takeover=True))
    await task
    await world.settled()
    (agent,) = world.service.view.agents.values()
    assert set(agent.templates) == {"new"}
    assert agent.session is second.session


async def test_clause_4_3_an_agent_that_refuses_all_calls_is_not_asked_for_ever(
    world: World,
) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node))
    await provide(agent)
    for _ in range(3):
        assign = await agent.gets(wire.Assign)
        await agent.says(
            wire.Refused(
                message="Assign",
                subject=assign.assignation,
                code=ErrorCode.INTERNAL,
                reason="not today",
            )
        )
    assert "not today" in ((await caller.event("PARKED")).reason or "")
    assert world.service.view.calls == {}


@pytest.mark.parametrize("idempotent", [False, True])
async def test_clause_4_1_calls_of_an_actor_that_is_given_up_end(
    world: World, idempotent: bool
) -> None:
    agent, caller, node = await world.pair(idempotent=idempotent)
    assign = await running(agent, caller, call(node))
    await agent.says(wire.Unprovided(provision=assign.provision, reason="bored"))
    if not idempotent:
        await caller.event("LOST")
        assert world.service.view.calls == {}
        return
    await caller.event("RETRIED")
    await provide(agent)
    again = await agent.gets(wire.Assign)
    await agent.says(accepted(again), done(again))
    assert (await caller.event("DONE")).attempt == 2


async def test_clause_4_1_calls_of_an_actor_that_cannot_come_back_end(world: World) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node))
    agent.drop()
    back = await world.peer(session=agent.hello.session_id)
    await back.says(declare(declaration()))
    asked = await back.gets(wire.Provide)
    error = wire.ExceptionInfo(type="OSError", message="no GPU", notes=[])
    await back.says(wire.ProvideFailed(provision=asked.provision, error=error))
    assert "no GPU" in ((await caller.event("LOST")).reason or "")


async def test_a_message_that_hits_a_defect_is_refused_and_the_session_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, caller, node = await world.pair()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.service.view.nodes[node], "_checker", broken)
    await caller.says(call(node))
    refused = await caller.gets(wire.Refused)
    assert (refused.message, refused.subject, refused.code) == ("Call", "r1", ErrorCode.INTERNAL)
    monkeypatch.undo()
    await caller.says(call(node))
    await caller.gets(wire.CallAccepted)
    assert agent.closed is None
