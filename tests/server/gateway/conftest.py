"""The real socket of a real server: uvicorn on a free port, the service on a SQLite file, a clock that stands."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from rekuest.api import wire
from rekuest.api.enums import ErrorCode
from rekuest.server.bus.local import LocalBus
from rekuest.server.domain.principal import Principal
from rekuest.server.gateway.socket import SessionEndpoint, SocketRules
from rekuest.server.gateway.transport import SocketProtocol
from rekuest.server.service.errors import RejectionError
from rekuest.server.service.service import Service
from rekuest.server.store.commands import SaveOrganization, SaveUser
from rekuest.server.store.rows import OrganizationRow, UserRow
from rekuest.server.store.sqlite import SqliteStore
from tests.server.clock import ManualClock
from tests.server.gateway.peers import Client, RawPeer, hello
from tests.server.service.conftest import declaration, declare

LIMITS = wire.Limits(
    frame_bytes=1 << 20, depth=64, messages=1024, open_calls=10_000, queued_calls=10_000
)
RULES = SocketRules(limits=LIMITS, server_version="0.0.0")


class Gateway:
    """A running server, and the way to it."""

    def __init__(self, service: Service, clock: ManualClock, rules: SocketRules) -> None:
        self.service = service
        self.clock = clock
        self.endpoint = SessionEndpoint(service, self.authenticate, clock, rules)
        self.app = Starlette(routes=[WebSocketRoute("/session", self.endpoint.__call__)])
        self.state = ServerState()  # uvicorn's own: open connections and their tasks
        self.port = 0
        self.stack = AsyncExitStack()
        self.held: asyncio.Event | None = None  # until it is set, nobody is authenticated
        self.waiting = 0  # how many wait for that

    async def authenticate(self, token: str, app: str | None) -> Principal:
        """Take the token for the user's name; `name:seconds` expires then."""
        if self.held is not None:
            self.waiting += 1
            await self.held.wait()
        name, _, seconds = token.partition(":")
        if name in {"blocked", "nobody", "unlucky"}:
            code = {
                "blocked": ErrorCode.FORBIDDEN,
                "nobody": ErrorCode.UNAUTHENTICATED,
                "unlucky": ErrorCode.UNAVAILABLE,
            }[name]
            raise RejectionError(code, f"{name} may not connect")
        expires_at = self.clock.now() + float(seconds) if seconds else None
        return Principal(name, name.title(), "lab", app, None, expires_at)

    async def connect(self, **options: Any) -> Client:
        """Return a client that has connected and said nothing."""
        options = {"subprotocols": ["rekuest.v1"], "compression": None, "max_size": None} | options
        url = f"ws://127.0.0.1:{self.port}/session"
        socket = await self.stack.enter_async_context(
            connect(url, proxy=None, ping_interval=None, **options)
        )
        return Client(socket)

    async def client(self, first: wire.Hello | None = None) -> Client:
        """Return a client whose session is open."""
        return await (await self.connect()).opened(first or hello())

    async def agent(self, *templates: wire.TemplateDeclaration) -> tuple[Client, str]:
        """Return an agent that provides `greet`, or others, and the id of its first node."""
        agent = await self.client()
        await agent.says(declare(*(templates or (declaration(),))))
        await agent.gets(wire.Declared)
        return agent, next(iter(self.service.view.nodes))

    async def raw(self, **options: Any) -> RawPeer:
        """Return a peer that has a TCP connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, **options)
        self.stack.callback(writer.close)
        return RawPeer(reader, writer)

    async def upgraded(self) -> RawPeer:
        """Return a peer whose handshake is done."""
        peer = await self.raw()
        assert " 101 " in await peer.handshake()
        return peer

    async def quiet(self, but: int = 0) -> None:
        """Return when no more sockets than that are open, and no other task of uvicorn's is at work."""
        async with asyncio.timeout(10):
            while max(len(self.state.connections), len(self.state.tasks)) > but:  # noqa: ASYNC110  # uvicorn tells nobody
                await asyncio.sleep(0.001)


@asynccontextmanager
async def serve(file: Path, store: Any = None, **rules: Any) -> AsyncIterator[Gateway]:
    """Run a server on a file; `store` may wrap its store."""
    clock = ManualClock()
    record = SqliteStore(file)
    await record.open()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(record.close)
        used = record if store is None else store(record)
        service = await stack.enter_async_context(Service(used, LocalBus(), clock))
        gateway = Gateway(service, clock, replace(RULES, **rules))
        listening = await _listen(gateway)
        try:
            async with gateway.stack:
                yield gateway
        finally:
            listening.close()
            await gateway.endpoint.drain(1.0)
            await gateway.quiet()


async def _listen(gateway: Gateway) -> asyncio.Server:
    """Do what `uvicorn.Server` does, without its signals and its pauses."""
    config = server_config(gateway.app)
    config.load()

    def protocol() -> asyncio.Protocol:
        make: Any = config.http_protocol_class
        made: asyncio.Protocol = make(config=config, server_state=gateway.state, app_state={})
        return made

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    return server


def server_config(app: Starlette) -> uvicorn.Config:
    """Return how uvicorn runs an app."""
    return uvicorn.Config(
        app,
        ws=SocketProtocol,
        ws_max_size=LIMITS.frame_bytes,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )


@pytest.fixture(scope="session")
def new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with two users, made once: migrations take longer than a test."""
    path = tmp_path_factory.mktemp("record") / "rekuest.sqlite3"

    async def make() -> None:
        record = SqliteStore(path)
        await record.open()
        await record.write(SaveOrganization(OrganizationRow("lab", "lab", "Lab", 0)))
        for user in ("ann", "bob"):
            await record.write(SaveUser(UserRow(user, "lab", user, None, False, False, 0)))
        await record.close()

    asyncio.run(make())
    return path


@pytest.fixture
def file(new_file: Path, tmp_path: Path) -> Path:
    """The file of this test's server."""
    copy = tmp_path / new_file.name
    shutil.copy(new_file, copy)
    return copy


@pytest.fixture
async def gateway(file: Path) -> AsyncIterator[Gateway]:
    """A running server."""
    async with serve(file) as running:
        yield running
