"""Catching up with calls: everything once and in order, no faster than the session reads."""

from __future__ import annotations

import asyncio

import pytest

from rekuest.api import wire
from rekuest.server.service.following import EVENTS_A_READ
from tests.server.service.conftest import Peer, World, call, done, running

pytestmark = pytest.mark.anyio

MANY = 3 * EVENTS_A_READ


async def yields(agent: Peer, assign: wire.Assign, first: int, last: int) -> None:
    """Let the agent send values and wait until they are stored."""
    for seq in range(first, last + 1):
        await agent.says(
            wire.Yield(
                assignation=assign.assignation, attempt=1, seq=seq, returns={"return": str(seq)}
            )
        )
    await agent.receipt(assign.assignation, last)


def numbers(peer: Peer) -> list[int | None]:
    """Return the numbers of the events that a peer was sent."""
    return [one.event.number for one in peer.of(wire.Event)]


async def test_clause_5_4_a_long_history_comes_whole_and_in_order(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await yields(agent, assign, 2, MANY)
    other = await world.peer()
    await other.says(wire.Attach(assignation=assign.assignation, after=0))
    await yields(agent, assign, MANY + 1, MANY + 50)  # while it catches up
    await agent.says(done(assign, seq=MANY + 51))
    last = await other.event("DONE")
    assert numbers(other) == list(range(1, (last.number or 0) + 1))


async def test_clause_5_5_detach_ends_catching_up(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await yields(agent, assign, 2, MANY)
    other = await world.peer()
    await other.says(
        wire.Attach(assignation=assign.assignation, after=0),
        wire.Detach(assignation=assign.assignation),
    )
    await agent.says(done(assign, seq=MANY + 1))
    await caller.event("DONE")
    assert other.of(wire.Event) == []
    assert other.session.follows == {}


async def test_clause_5_4_attaching_again_ends_the_following_before(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    other = await world.peer()
    for _ in range(3):
        await other.says(wire.Attach(assignation=assign.assignation, after=2))
    await agent.says(done(assign))
    await other.event("DONE")
    await world.settled()
    assert numbers(other).count(4) == 1
    assert other.session.follows == {}
    assert world.service.view.calls == {}


async def test_clause_1_10_history_waits_for_room(world: World) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await yields(agent, assign, 2, MANY)
    other = await world.peer()
    full, room = asyncio.Event(), asyncio.Event()

    async def has_room() -> bool:
        if len(other.received) == 10:
            full.set()
            await room.wait()
        return True

    other.has_room = has_room  # type: ignore[method-assign]  # a socket that is full for a while
    await other.says(wire.Attach(assignation=assign.assignation, after=0))
    await agent.says(done(assign, seq=MANY + 1))
    await caller.event("DONE")
    await full.wait()
    assert len(other.received) == 10
    room.set()
    await other.event("DONE")
    assert numbers(other)[-1] == len(numbers(other))
