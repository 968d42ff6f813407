"""A socket's life, over a real network: clauses 1 and 2 of the protocol, row 52 of the fault catalogue."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from websockets.exceptions import InvalidStatus

from rekuest.api import wire
from rekuest.api.enums import ErrorCode
from rekuest.protocol.codec import encode
from rekuest.server.gateway.connection import Connection
from rekuest.server.gateway.transport import SocketProtocol
from rekuest.server.service.session import Session
from tests.server.gateway.conftest import Gateway, serve, server_config
from tests.server.gateway.peers import TEXT, Client, frame, hello
from tests.server.service.conftest import call, declaration, declare, done

pytestmark = pytest.mark.anyio


async def runs(agent: Client, caller: Client, message: wire.Call) -> wire.Assign:
    """Make a call and let the agent accept it."""
    await caller.says(message)
    asked = await agent.gets(wire.Provide)
    await agent.says(wire.Provided(provision=asked.provision, credits=5))
    assign = await agent.gets(wire.Assign)
    await agent.says(wire.Accepted(assignation=assign.assignation, attempt=1, seq=1))
    await caller.event("ACCEPTED")
    return assign


@pytest.mark.parametrize("subprotocol", [None, "graphql-transport-ws", "rekuest.v2"])
async def test_clause_1_1_another_subprotocol_is_refused(
    gateway: Gateway, subprotocol: str | None
) -> None:
    peer = await gateway.raw()
    assert " 403 " in await peer.handshake(subprotocol=subprotocol)


async def test_clause_1_1_the_subprotocol_is_confirmed(gateway: Gateway) -> None:
    client = await gateway.connect(subprotocols=["other", "rekuest.v1"])
    assert client.socket.subprotocol == "rekuest.v1"


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_fault_62_a_foreign_origin_is_refused(gateway: Gateway, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        await gateway.connect(origin=origin)


async def test_fault_62_an_allowed_origin_connects(file: Path) -> None:
    async with serve(file, origins=frozenset({"https://lab.example"})) as gateway:
        await (await gateway.connect(origin="https://lab.example")).opened()


@pytest.mark.parametrize(
    "first",
    [
        pytest.param('[{"__typename":"Heartbeat","number":1}]', id="another message"),
        pytest.param(f"[{encode(hello())},{encode(hello())}]", id="two of them"),
        pytest.param('[{"__typename":"Hello","token":"ann"}]', id="fields missing"),
        pytest.param("hello", id="no frame"),
    ],
)
async def test_clause_2_1_anything_but_hello_closes_4400(gateway: Gateway, first: str) -> None:
    client = await gateway.connect()
    await client.sends(first)
    assert (await client.closed())[0] == 4400
    assert gateway.service.view.sessions == {}


async def test_fault_52_silence_before_hello_closes_4408(gateway: Gateway) -> None:
    client = await gateway.connect()
    await gateway.clock.advance(5)
    assert await client.closed() == (4408, "no Hello came in time")


async def test_fault_52_pings_and_empty_frames_do_not_stop_the_hello_timeout(
    gateway: Gateway,
) -> None:
    client = await gateway.connect()
    for _ in range(5):
        await client.sends("[]")
        await (await client.socket.ping())
        await gateway.clock.advance(1)
    assert (await client.closed())[0] == 4408


async def test_fault_52_an_idle_socket_has_nothing_but_its_tasks(gateway: Gateway) -> None:
    before = len(asyncio.all_tasks())
    peers = [await gateway.upgraded() for _ in range(20)]
    view = gateway.service.view
    assert view.sessions == {}
    assert view.agents == {}
    assert (len(asyncio.all_tasks()) - before) / len(peers) <= 6
    await gateway.clock.advance(5)
    assert {(await peer.closed())[0] for peer in peers} == {4408}
    for peer in peers:
        peer.writer.close()
    await gateway.quiet()
    assert len(asyncio.all_tasks()) <= before


@pytest.mark.parametrize(
    ("token", "code"), [("nobody", 4401), ("blocked", 4403), ("unlucky", 1013)]
)
async def test_clause_2_2_a_bad_token_closes(gateway: Gateway, token: str, code: int) -> None:
    client = await gateway.connect()
    await client.says(hello(token))
    assert (await client.closed())[0] == code
    assert gateway.service.view.sessions == {}


async def test_clause_2_4_the_older_connection_is_closed_4409(gateway: Gateway) -> None:
    first = hello()
    old, new = await gateway.client(first), await gateway.client(first)
    assert new.of(wire.Welcome)[0].resumed
    assert (await old.closed())[0] == 4409
    await new.beats()


async def test_clause_3_8_what_comes_after_the_close_is_not_followed(gateway: Gateway) -> None:
    agent, node = await gateway.agent()
    first = hello()
    peer = await gateway.upgraded()
    await peer.write(frame(TEXT, f"[{encode(first)}]".encode()))
    await peer.read()
    await gateway.client(first)  # replaces the raw peer, which has not read that yet
    await peer.write(frame(TEXT, f"[{encode(call(node, wait=True))}]".encode()))
    assert (await peer.closed())[0] == 4409
    await agent.beats()
    assert gateway.service.view.calls == {}


async def test_clause_2_6_heartbeats_are_answered_in_order(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.beats(1)
    await client.beats(2)
    await client.says(wire.Heartbeat(number=7))
    assert (await client.gets(wire.Refused)).code == ErrorCode.OUT_OF_PLACE
    await client.beats(3)


async def test_clause_2_7_silence_for_the_lease_closes_4408(gateway: Gateway) -> None:
    silent, client = await gateway.client(), await gateway.client()
    await gateway.clock.advance(6)
    await client.beats(1)
    await gateway.clock.advance(6)
    assert await silent.closed() == (4408, "nothing came for 10 s")
    await client.beats(2)


async def test_clause_2_7_what_waits_for_a_slow_store_is_no_silence(gateway: Gateway) -> None:
    client = await gateway.client()
    gateway.held = asyncio.Event()
    await client.says(wire.Reauth(token="ann"))
    await client.says(wire.Heartbeat(number=1))
    async with asyncio.timeout(5):
        while not gateway.waiting:  # noqa: ASYNC110  # set by the server's side of the test
            await asyncio.sleep(0)
    await gateway.clock.advance(15)
    gateway.held.set()
    assert (await client.gets(wire.Heartbeat)).number == 1


async def test_clause_2_8_a_token_is_renewed_before_it_expires(gateway: Gateway) -> None:
    client = await gateway.client(hello("ann:100"))
    assert client.of(wire.Welcome)[0].token_expires_in == 100
    for number in range(1, 7):
        await gateway.clock.advance(9)
        await client.beats(number)
    assert client.of(wire.ReauthRequired)[0].expires_in <= 50
    await client.says(wire.Reauth(token="ann:500"))
    assert (await client.gets(wire.Reauthenticated)).expires_in == 500
    for number in range(7, 20):
        await gateway.clock.advance(9)
        await client.beats(number)


async def test_clause_2_8_an_expired_token_closes_4401(gateway: Gateway) -> None:
    client = await gateway.client(hello("ann:12"))
    await gateway.clock.advance(9)
    await client.beats()
    await gateway.clock.advance(9)
    assert await client.closed() == (4401, "the token has expired")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("bob", ErrorCode.FORBIDDEN),
        ("nobody", ErrorCode.UNAUTHENTICATED),
        ("unlucky", ErrorCode.UNAVAILABLE),
    ],
)
async def test_clause_2_8_a_token_of_somebody_else_is_refused(
    gateway: Gateway, token: str, code: ErrorCode
) -> None:
    client = await gateway.client()
    await client.says(wire.Reauth(token=token))
    assert (await client.gets(wire.Refused)).code == code
    await client.beats()


async def test_clause_2_9_goodbye_closes_and_nothing_after_it_counts(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.says(wire.Goodbye(), declare(declaration()))
    assert (await client.closed())[0] == 1000
    assert gateway.service.view.sessions == {}
    assert gateway.service.view.agents == {}


async def test_clause_2_10_going_away_is_said_before_the_close(gateway: Gateway) -> None:
    opened, silent = await gateway.client(), await gateway.connect()
    await gateway.endpoint.drain(2.5)
    assert await opened.closed() == (1001, "the server is going away")
    assert opened.of(wire.GoingAway)[0].retry_after == 2.5
    assert (await silent.closed())[0] == 1001
    late = await gateway.connect()
    assert (await late.closed())[0] == 1001


class _Server(uvicorn.Server):
    """uvicorn itself, ending as our server does."""

    gateway: Gateway

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to pytest."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ask the sockets to leave first."""
        await self.gateway.endpoint.drain(1.0)
        await super().shutdown(sockets)


async def test_clause_2_10_uvicorn_ends_with_1001(gateway: Gateway) -> None:
    server = _Server(server_config(gateway.app))
    server.gateway = gateway
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody
        await asyncio.sleep(0)
    gateway.port = bound.getsockname()[1]
    client = await gateway.client()
    server.should_exit = True
    assert (await client.closed())[0] == 1001
    assert len(client.of(wire.GoingAway)) == 1
    await running


async def test_fault_09_two_hundred_sockets_leave_nothing_behind(gateway: Gateway) -> None:
    async def come_and_go(number: int) -> None:
        peer = await gateway.upgraded()
        first = hello(session=f"one-of-200-{number}")
        await peer.write(frame(TEXT, f"[{encode(first)}]".encode()))
        await peer.read()
        peer.cut()

    await come_and_go(0)
    await gateway.quiet()
    gc.collect()
    tasks = len(asyncio.all_tasks())
    await asyncio.gather(*(come_and_go(number) for number in range(1, 200)))
    await gateway.quiet()
    assert len(asyncio.all_tasks()) == tasks
    await gateway.clock.advance(12)
    assert gateway.service.view.sessions == {}
    gc.collect()
    left = (Connection, SocketProtocol, Session)
    assert [one for one in gc.get_objects() if type(one) in left] == []


async def test_a_call_crosses_two_sockets(gateway: Gateway) -> None:
    agent, node = await gateway.agent()
    caller = await gateway.client()
    assign = await runs(agent, caller, call(node))
    await agent.says(done(assign))
    assert (await caller.event("DONE")).returns == {"return": "hi"}
    assert (await agent.gets(wire.Acknowledged)).receipts[0].assignation == assign.assignation


async def test_a_socket_cut_in_the_middle_of_anything_leaves_nothing_behind(
    gateway: Gateway,
) -> None:
    """Cut a peer after each number of turns of the loop, so that every await of its handlers is met."""
    agent, node = await gateway.agent()
    before = len(asyncio.all_tasks())
    for turns in range(60):
        peer = await gateway.upgraded()
        first = hello(session=f"cut-{turns}").model_copy(update={"instance_id": f"cut-{turns}"})
        messages = [
            declare(declaration("other", autoprovide=True)),
            call(node, f"cut-{turns}", wait=True, cancel_on_disconnect=True),
            wire.Attach(reference=f"cut-{turns}", after=0),
            wire.Cancel(assignation="unknown"),
            wire.Reauth(token="ann"),
        ]
        frames = [encode(first), *map(encode, messages)]
        await peer.write(*(frame(TEXT, f"[{text}]".encode()) for text in frames))
        for _ in range(turns):
            await asyncio.sleep(0.0002)
        peer.cut()
    await gateway.quiet(but=1)
    for _ in range(6):
        await gateway.clock.advance(2)
        await agent.beats()
    view = gateway.service.view
    assert [session.link is not None for session in view.sessions.values()] == [True]
    assert {one.row.instance_id for one in view.agents.values() if one.session} == {"rig"}
    assert {view.agents[one.agent].row.instance_id for one in view.provisions.values()} <= {"rig"}
    assert {one.status.value for one in view.calls.values()} <= {"CANCELLING"}
    assert len(asyncio.all_tasks()) <= before
