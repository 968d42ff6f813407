"""Peers that do not read what they are sent.  Source: schema/PROTOCOL.md, 1.9, 1.10; row 15."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest

from rekuest.api import wire
from rekuest.protocol.codec import encode
from tests.server.gateway.conftest import Gateway, serve
from tests.server.gateway.peers import TEXT, Client, RawPeer, frame, hello
from tests.server.service.conftest import call

pytestmark = pytest.mark.anyio


async def _slow_reader(gateway: Gateway, first: wire.Hello) -> RawPeer:
    """Return a peer that reads only when it is told to, with small buffers on its way."""
    reader = asyncio.StreamReader(limit=1024)
    loop = asyncio.get_running_loop()
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.setblocking(False)
    await loop.sock_connect(plain, ("127.0.0.1", gateway.port))
    transport, protocol = await loop.create_connection(
        lambda: asyncio.StreamReaderProtocol(reader), sock=plain
    )
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    gateway.stack.callback(writer.close)
    peer = RawPeer(reader, writer)
    await peer.handshake()
    await peer.write(frame(TEXT, f"[{encode(first)}]".encode()))
    await peer.read()
    return peer


async def _running_for(agent: Client, caller: RawPeer, node: str) -> wire.Assign:
    await caller.write(frame(TEXT, f"[{encode(call(node))}]".encode()))
    asked = await agent.gets(wire.Provide)
    await agent.says(wire.Provided(provision=asked.provision, credits=5))
    assign = await agent.gets(wire.Assign)
    await agent.says(wire.Accepted(assignation=assign.assignation, attempt=1, seq=1))
    return assign


async def _acknowledged(agent: Client, seq: int) -> None:
    while not any(
        receipt.seq >= seq for one in agent.of(wire.Acknowledged) for receipt in one.receipts
    ):
        await agent.gets(wire.Acknowledged)


async def test_clause_2_6_a_heartbeat_overtakes_results_that_wait(gateway: Gateway) -> None:
    agent, node = await gateway.agent()
    caller = await _slow_reader(gateway, hello())
    assign = await _running_for(agent, caller, node)
    large = {"return": "x" * 900_000}
    for seq in range(2, 12):
        await agent.says(
            wire.Yield(assignation=assign.assignation, attempt=1, seq=seq, returns=large)
        )
    await _acknowledged(agent, 11)
    await caller.write(frame(TEXT, f"[{encode(wire.Heartbeat(number=1))}]".encode()))
    kinds = []
    while "Heartbeat" not in kinds:
        _, payload = await caller.read()
        kinds += [message["__typename"] for message in json.loads(payload)]
    assert kinds.count("Event") < 10  # some large ones still wait behind it


async def test_clause_1_10_a_peer_that_does_not_read_is_closed_4413(file: Path) -> None:
    async with serve(file, backlog_bytes=2 << 20) as gateway:
        agent, node = await gateway.agent()
        first = hello()
        caller = await _slow_reader(gateway, first)
        assign = await _running_for(agent, caller, node)
        large = {"return": "x" * 900_000}
        for seq in range(2, 12):
            await agent.says(
                wire.Yield(assignation=assign.assignation, attempt=1, seq=seq, returns=large)
            )
        await _acknowledged(agent, 11)
        session = gateway.service.view.sessions[("ann", "app", first.session_id)]
        async with asyncio.timeout(5):
            while session.link is not None:
                await agent.beats()
        assert (await caller.closed())[0] == 4413  # it reads at last
        # Nothing durable is lost: the next connection gets all of it.
        back = await gateway.client(first)
        await back.says(wire.Attach(assignation=assign.assignation, after=2))
        for _ in range(10):
            await back.event("YIELD")


async def test_clause_1_10_a_peer_that_never_reads_its_close_is_cut_off(file: Path) -> None:
    async with serve(file, backlog_bytes=2 << 20) as gateway:
        agent, node = await gateway.agent()
        caller = await _slow_reader(gateway, hello())
        assign = await _running_for(agent, caller, node)
        for connection in gateway.state.connections:
            connection.close_timeout = 0.01  # type: ignore[union-attr]  # our own class
        large = {"return": "x" * 900_000}
        for seq in range(2, 12):
            await agent.says(
                wire.Yield(assignation=assign.assignation, attempt=1, seq=seq, returns=large)
            )
        await _acknowledged(agent, 11)
        async with asyncio.timeout(5):
            while len(gateway.state.connections) > 1:
                await agent.beats()


async def test_clause_2_10_a_peer_that_does_not_read_cannot_hold_the_server(file: Path) -> None:
    async with serve(file) as gateway:
        agent, node = await gateway.agent()
        caller = await _slow_reader(gateway, hello())
        assign = await _running_for(agent, caller, node)
        large = {"return": "x" * 900_000}
        for seq in range(2, 10):
            await agent.says(
                wire.Yield(assignation=assign.assignation, attempt=1, seq=seq, returns=large)
            )
        await _acknowledged(agent, 9)
        draining = asyncio.create_task(gateway.endpoint.drain(1.0))
        assert (await agent.closed())[0] == 1001
        assert not draining.done()
        await gateway.clock.advance(5)
        await asyncio.wait_for(draining, 5)
        caller.cut()
