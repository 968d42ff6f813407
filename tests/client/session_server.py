"""The server's end of `/session` for tests: real sockets on a free port, the real machine, a script.

What the service would decide is told by the test: `on_message` gets each message with its peer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import websockets
from websockets.asyncio.server import Server, serve

from rekuest.api import wire
from rekuest.protocol.outbox import Outbox
from rekuest.protocol.server import Authenticate, Handle, Reply, ServerConnection, Shut

LIMITS = wire.Limits(
    frame_bytes=1 << 20, depth=64, messages=1000, open_calls=10_000, queued_calls=1000
)
PRINCIPAL = wire.Principal(user="1", user_name="admin", app="lab", organization="1")


class Frames(Protocol):
    """What a peer needs of a socket: `websockets` has it, others are wrapped."""

    async def recv(self) -> str | bytes: ...
    async def send(self, message: str) -> None: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...


class Peer:
    """One connection, seen from the server."""

    def __init__(self, server: SessionServer, frames: Frames) -> None:
        self.server = server
        self.frames = frames
        self.received: list[wire.ClientMessage] = []  # after Hello
        self.frame_sizes: list[int] = []  # messages of each frame that came
        self.closed = asyncio.Event()
        self._machine = ServerConnection(time.monotonic())
        self._outbox = Outbox(LIMITS, 1 << 24)
        self._wake = asyncio.Event()

    def send(self, *messages: wire.ServerMessage) -> None:
        """Queue messages; they go out together."""
        for message in messages:
            self._outbox.put(message)
        self._wake.set()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the socket politely."""
        await self.frames.close(code, reason)

    def cut(self) -> None:
        """End the socket without a word, as a dead network does."""
        self.frames.transport.abort()  # type: ignore[attr-defined]  # of websockets' connection

    async def serve(self) -> None:
        """Follow what the client sends, until it is gone."""
        writer = asyncio.create_task(self._write())
        try:
            while True:
                frame = await self.frames.recv()
                self.frame_sizes.append(str(frame).count('"__typename"'))
                for instruction in self._machine.receive(frame, time.monotonic()):
                    await self._obey(instruction)
        except websockets.ConnectionClosed:
            pass
        finally:
            self.closed.set()
            writer.cancel()
            await asyncio.wait((writer,))

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for frame in self._outbox.frames():
                await self.frames.send(frame)

    async def _obey(self, instruction: Any) -> None:
        match instruction:
            case Authenticate(hello):
                await self._welcome(hello)
            case Handle(message):
                self.received.append(message)
                self.server.on_message(self, message)
            case Reply(message):
                self.server.on_reply(message)
                self.send(message)
            case Shut(code, reason):
                await self.close(code, reason)

    async def _welcome(self, hello: wire.Hello) -> None:
        self.server.hellos.append(hello)
        if hello.token not in self.server.tokens:
            await self.close(4401, "the token is not known")
            return
        welcome = wire.Welcome(
            session_id=hello.session_id,
            protocol_version=1,
            server_version="test",
            principal=PRINCIPAL,
            limits=LIMITS,
            heartbeat_interval=self.server.heartbeat_interval,
            lease_duration=self.server.lease_duration,
            resumed=len(self.server.hellos) > 1,
            believed=self.server.believed,
        )
        for instruction in self._machine.welcome(welcome, time.monotonic()):
            await self._obey(instruction)
        self.server.peers.append(self)
        self.server.arrived.set()


class SessionServer:
    """A server of sessions and what happened at it."""

    def __init__(self) -> None:
        self.tokens = {"good"}
        self.heartbeat_interval = 5.0
        self.lease_duration = 10.0
        self.hellos: list[wire.Hello] = []
        self.believed: list[wire.Receipt] = []  # calls that it holds a session to be working on
        self.peers: list[Peer] = []  # those that were welcomed, oldest first
        self.arrived = asyncio.Event()
        self.on_message: Callable[[Peer, wire.ClientMessage], None] = lambda peer, message: None
        self.on_reply: Callable[[wire.ServerMessage], None] = lambda message: None
        self.port = 0
        self._server: Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen; on the same port as before after a `stop`."""
        self._server = await serve(
            lambda socket: Peer(self, socket).serve(),
            "127.0.0.1",
            self.port,
            subprotocols=[websockets.Subprotocol("rekuest.v1")],
            compression=None,
            ping_interval=None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Close every socket with 1001 and stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def next_peer(self) -> Peer:
        """Wait for a client to be welcomed; each is given once."""
        await self.arrived.wait()
        self.arrived.clear()
        return self.peers[-1]


@asynccontextmanager
async def serving() -> AsyncIterator[SessionServer]:
    """Serve sessions until the block ends."""
    server = SessionServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
