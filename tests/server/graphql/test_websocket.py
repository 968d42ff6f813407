"""The subprotocol: who gets in, what closes a socket, how operations begin and end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rekuest.server.bus import Ring
from tests.server.graphql.world import World
from tests.server.websocket import Closed, connect

pytestmark = pytest.mark.anyio
SERVER = "subscription { server { connectedAgents } }"


async def closed_after(world: World, *messages: Any, token: str | None = None) -> Closed:
    """Return how the server closes a socket that sends these messages."""
    async with connect(world.app, token=token) as socket:
        for message in messages:
            await socket.send(message)
        try:
            while True:
                await socket.receive()
        except Closed as closed:
            return closed


async def settle() -> None:
    """Let the server's tasks run until they wait."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_query_over_the_socket(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", "{ organization { name } }")
        payload = {"data": {"organization": {"name": "Local"}}}
        assert await socket.receive() == {"type": "next", "id": "1", "payload": payload}
        assert await socket.receive() == {"type": "complete", "id": "1"}


async def test_the_token_may_come_with_the_handshake(world: World) -> None:
    async with connect(world.app, authorization=f"Bearer {world.token}") as socket:
        await socket.send({"type": "connection_init"})
        assert await socket.receive() == {"type": "connection_ack"}


async def test_ping(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize("subprotocols", [(), ("graphql-ws",)])
async def test_fault_67_no_other_subprotocol(world: World, subprotocols: tuple[str, ...]) -> None:
    async with connect(world.app, subprotocols=subprotocols) as socket:
        with pytest.raises(Closed) as caught:
            await socket.receive()
    assert caught.value.code == 4406


async def test_fault_67_no_operation_before_the_token(world: World) -> None:
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}
    assert (await closed_after(world, subscribe)).code == 4401


@pytest.mark.parametrize(
    "payload", [None, {}, {"authorization": "Bearer x"}, {"authorization": 1}, [], "Bearer x"]
)
async def test_a_bad_token_is_forbidden(world: World, payload: Any) -> None:
    closed = await closed_after(world, {"type": "connection_init", "payload": payload})
    assert closed.code == 4403


async def test_one_token_is_enough(world: World) -> None:
    closed = await closed_after(world, {"type": "connection_init"}, token=world.token)
    assert closed.code == 4429


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"type": 1}',
        '{"type": "start"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": 1}}',
    ],
)
async def test_a_message_that_is_none(world: World, message: str) -> None:
    assert (await closed_after(world, message, token=world.token)).code == 4400


async def test_an_id_is_used_once(world: World) -> None:
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": SERVER}}
    assert (await closed_after(world, subscribe, subscribe, token=world.token)).code == 4409


async def test_an_operation_that_is_wrong_leaves_the_socket_open(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        for query in ("{", "{ nonsense }", "subscription { nonsense }"):
            await socket.subscribe("1", query)
            message = await socket.receive()
            assert (message["type"], message["id"]) == ("error", "1")
            assert message["payload"][0]["extensions"]["code"] == "BAD_MESSAGE"


async def test_fault_68_operations_are_bounded_and_give_their_place_back(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        for number in range(world.settings.subscriptions):
            await socket.subscribe(str(number), SERVER)
            assert (await socket.receive())["type"] == "next"
        await socket.subscribe("one more", SERVER)
        refused = await socket.receive()
        assert refused["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        await socket.send({"id": "0", "type": "complete"})
        await socket.subscribe("one more", SERVER)
        assert (await socket.receive())["type"] == "next"


async def test_nothing_is_listened_to_after_the_end(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        await socket.subscribe("1", SERVER)
        await socket.receive()
    world.bus.publish(Ring("agent", "agent-1"))
    assert not world.bus._topics


async def test_a_silent_socket_is_closed(world: World) -> None:
    async with connect(world.app) as socket:
        await settle()
        await world.clock.advance(world.settings.hello_timeout)
        with pytest.raises(Closed) as caught:
            await socket.receive()
    assert caught.value.code == 4408


async def test_a_socket_ends_with_its_token(world: World) -> None:
    async with connect(world.app, token=world.token) as socket:
        await settle()
        await world.clock.advance(world.settings.hello_timeout)
        await world.clock.advance(3600)
        with pytest.raises(Closed) as caught:
            await socket.receive()
    assert caught.value.code == 4401
