"""What is streamed when something changes."""

from __future__ import annotations

from typing import Any

import pytest

from rekuest.server.bus import Ring
from rekuest.server.store.commands import ChangeAgent, ChangeCall
from rekuest.server.store.rows import EventRow, LogRow, ProgressRow
from tests.server.graphql.world import NOW, World, queued
from tests.server.websocket import Socket, connect

pytestmark = pytest.mark.anyio
EVENTS = (
    "subscription($id: ID!, $after: Int!) { assignationEvents(id: $id, after: $after)"
    " { number kind attempt returns progress { done } log { message } } }"
)


def event(number: int, kind: str, returns: dict[str, Any] | None = None) -> EventRow:
    """Return an event of the first call."""
    return EventRow("call-1", number, kind, 1, None, NOW, returns)


async def record(world: World, row: EventRow, status: str, *, ring: bool = True) -> None:
    """Store an event of the first call, and ring."""
    change = ChangeCall("call-1", row.number - 1, (row,), status, None)
    await world.store.write(change)
    if ring:
        world.bus.publish(Ring("assignation:call-1", "call-1", row))
        world.bus.publish(Ring("assignation", "call-1"))


async def next_of(socket: Socket, field: str) -> Any:
    """Return the next value of a subscription."""
    message = await socket.receive()
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    return message["payload"]["data"][field]


async def test_events_of_a_call_to_its_end(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", EVENTS, id="call-1", after=0)
        assert (await next_of(socket, "assignationEvents"))["number"] == 1
        await record(world, event(2, "BOUND"), "BOUND")
        assert (await next_of(socket, "assignationEvents"))["kind"] == "BOUND"
        await record(world, event(3, "ACCEPTED"), "RUNNING", ring=False)
        world.bus.publish(
            Ring("assignation:call-1", "call-1", ProgressRow("call-1", 0.5, None, None, NOW))
        )
        progress = await next_of(socket, "assignationEvents")
        assert (progress["number"], progress["progress"]) == (None, {"done": 0.5})
        world.bus.publish(
            Ring("assignation:call-1", "call-1", LogRow("call-1", "INFO", "hi", NOW, 0))
        )
        assert (await next_of(socket, "assignationEvents"))["log"] == {"message": "hi"}
        await record(world, event(4, "DONE", {"return": 1}), "DONE")
        # The ring of event 3 was lost; the store still has it, and nothing is left out.
        assert (await next_of(socket, "assignationEvents"))["number"] == 3
        last = await next_of(socket, "assignationEvents")
        assert (last["number"], last["returns"]) == (4, {"return": 1})
        assert await socket.receive() == {"type": "complete", "id": "1"}


async def test_events_after_a_cursor(world: World) -> None:
    await record(world, event(2, "DONE", {"return": 1}), "DONE")
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", EVENTS, id="call-1", after=1)
        assert (await next_of(socket, "assignationEvents"))["number"] == 2
        assert (await socket.receive())["type"] == "complete"


async def test_a_repeated_ring_repeats_nothing(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", EVENTS, id="call-1", after=0)
        await next_of(socket, "assignationEvents")
        world.bus.publish(Ring("assignation:call-1", "call-1", queued("call-1")))
        await record(world, event(2, "CANCELLED"), "CANCELLED")
        assert (await next_of(socket, "assignationEvents"))["number"] == 2


@pytest.mark.parametrize("id", ["call-2", "nothing"])
async def test_a_call_that_one_may_not_see(world: World, id: str) -> None:
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", EVENTS, id=id, after=0)
        message = await socket.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_calls_that_change(world: World) -> None:
    query = (
        "subscription($filter: AssignationFilter) { assignationChanged(filter: $filter)"
        " { id status node { title } } }"
    )
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", query, filter={"isRoot": True, "status": ["BOUND"]})
        await socket.send({"type": "ping"})
        await socket.receive()
        world.bus.publish(Ring("assignation", "call-2"))  # another's
        world.bus.publish(Ring("assignation", "child-1"))  # no root
        await record(world, event(2, "BOUND"), "BOUND")
        changed = await next_of(socket, "assignationChanged")
        assert changed == {"id": "call-1", "status": "BOUND", "node": {"title": "Greet somebody"}}


@pytest.mark.parametrize("concept", ["agent", "provision", "reservation", "node"])
async def test_what_changes_is_streamed_to_those_who_may_see_it(world: World, concept: str) -> None:
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", f"subscription {{ {concept}Changed {{ id }} }}")
        await socket.send({"type": "ping"})
        await socket.receive()
        for number in (2, 1):
            world.bus.publish(Ring(concept, f"{concept}-{number}"))
        assert await next_of(socket, f"{concept}Changed") == {"id": f"{concept}-1"}


async def test_a_reservation_is_shown_at_once(world: World) -> None:
    query = 'subscription { reservationChanged(id: "reservation-1") { status } }'
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", query)
        assert await next_of(socket, "reservationChanged") == {"status": "ACTIVE"}


async def test_nodes_are_filtered_as_in_lists(world: World) -> None:
    query = "subscription($filter: NodeFilter) { nodeChanged(filter: $filter) { name } }"
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", query, filter={"interface": "other"})
        await socket.subscribe("2", query, filter={"interface": "greet", "isCallable": True})
        await socket.send({"type": "ping"})
        await socket.receive()
        world.bus.publish(Ring("node", "node-1"))
        assert (await socket.receive())["id"] == "2"


async def test_the_server_now_and_when_its_agents_change(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", "subscription { server { connectedAgents } }")
        assert await next_of(socket, "server") == {"connectedAgents": 1}
        world.bus.publish(Ring("agent", "agent-1"))
        await world.store.write(ChangeAgent("agent-1", 1, "DISCONNECTED", NOW))
        world.bus.publish(Ring("agent", "agent-1"))
        assert await next_of(socket, "server") == {"connectedAgents": 0}
