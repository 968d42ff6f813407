"""The real service on a real SQLite file, with peers that are lists of messages instead of sockets."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from rekuest.api import wire
from rekuest.api.enums import NodeKind, PortDirection, PortKind, Priority, Strategy
from rekuest.protocol.declare import declaration_digest
from rekuest.server.bus.local import LocalBus
from rekuest.server.domain.principal import Principal
from rekuest.server.service.context import Rules
from rekuest.server.service.service import Service
from rekuest.server.service.session import Session
from rekuest.server.store.commands import SaveOrganization, SaveUser
from rekuest.server.store.rows import OrganizationRow, UserRow
from rekuest.server.store.sqlite import SqliteStore
from tests.server.clock import ManualClock

Message = TypeVar("Message")
WAIT = 10.0  # seconds that a message may take before the test fails


class Peer:
    """A client without a socket: what it is sent is kept, what it sends is followed in order."""

    def __init__(self, service: Service, principal: Principal, hello: wire.Hello) -> None:
        self.service = service
        self.principal = principal
        self.hello = hello
        self.session: Session
        self.resumed = False
        self.believed: list[wire.Receipt] = []
        self.receipts: list[wire.Receipt] = []
        self.closed: tuple[int, str] | None = None
        self.received: list[Any] = []
        self._read = 0
        self._changed = asyncio.Event()

    def send(self, message: wire.ServerMessage) -> None:
        """Keep a message of the server."""
        self.received.append(message)
        self._changed.set()

    def acknowledge(self, receipt: wire.Receipt) -> None:
        """Keep a receipt."""
        self.receipts.append(receipt)
        self._changed.set()

    def close(self, code: int, reason: str) -> None:
        """Note that the server closes, and let it know that the socket is gone."""
        self.closed = (code, reason)
        self.service.close_session(self.session, self)
        self._changed.set()

    async def has_room(self) -> bool:
        """Return whether it is open: a list has room."""
        return self.closed is None

    async def open(self) -> Peer:
        """Say hello."""
        self.session, self.resumed, self.believed = await self.service.open_session(
            self.principal, self.hello, self
        )
        return self

    def drop(self) -> None:
        """Lose the socket."""
        self.service.close_session(self.session, self)

    async def says(self, *messages: wire.ClientMessage) -> None:
        """Send messages, each followed before the next one."""
        for message in messages:
            waiting = self.service.handle(self.session, message)
            if waiting is not None:
                await waiting

    async def gets(self, kind: type[Message]) -> Message:
        """Return the next message of a kind that was not returned before."""
        async with asyncio.timeout(WAIT):
            while True:
                for index in range(self._read, len(self.received)):
                    if isinstance(self.received[index], kind):
                        self._read = index + 1
                        found: Message = self.received[index]
                        return found
                self._changed.clear()
                await self._changed.wait()

    async def receipt(self, assignation: str, seq: int) -> wire.Receipt:
        """Return when the agent's events up to `seq` are acknowledged."""
        async with asyncio.timeout(WAIT):
            while True:
                for receipt in self.receipts:
                    if receipt.assignation == assignation and receipt.seq >= seq:
                        return receipt
                self._changed.clear()
                await self._changed.wait()

    async def event(self, kind: str) -> wire.AssignationEvent:
        """Return the next event of a kind."""
        while True:
            event = (await self.gets(wire.Event)).event
            if event.kind == kind:
                return event

    def of(self, kind: type[Message]) -> list[Message]:
        """Return everything of a kind that was received so far."""
        return [message for message in self.received if isinstance(message, kind)]


class World:
    """A server with its store, clock and peers."""

    def __init__(self, service: Service, clock: ManualClock) -> None:
        self.service = service
        self.clock = clock
        self._ids = itertools.count(1)

    async def peer(
        self,
        user: str = "ann",
        *,
        app: str = "app",
        instance: str = "rig",
        session: str | None = None,
        organization: str = "lab",
    ) -> Peer:
        """Open a session."""
        principal = Principal(user, user.title(), organization, app, None, None)
        hello = wire.Hello(
            token="token",
            protocol_version=1,
            app=wire.AppIdentity(identifier=app, version="1"),
            instance_id=instance,
            session_id=session or f"session-{next(self._ids)}",
        )
        return await Peer(self.service, principal, hello).open()

    async def agent(self, *templates: wire.TemplateDeclaration, **peer: Any) -> Peer:
        """Open a session and declare."""
        agent = await self.peer(**peer)
        await agent.says(declare(*templates))
        await agent.gets(wire.Declared)
        return agent

    async def settled(self) -> None:
        """Return when everything that was written so far is stored and told."""
        await asyncio.sleep(0)  # what is gathered in this turn of the loop goes to the store
        await self.service.store.write_all(())
        for _ in range(3):
            await asyncio.sleep(0)

    async def node(self, name: str = "greet", *, organization: str = "lab") -> str:
        """Return the id of a declared node."""
        for node in self.service.view.nodes.values():
            if node.row.name == name and node.row.organization == organization:
                return node.row.id
        raise AssertionError(f"no node {name!r}")

    async def pair(self, **template: Any) -> tuple[Peer, Peer, str]:
        """Return an agent, a caller of the same user, and the id of the agent's only node."""
        agent = await self.agent(declaration(**template))
        return agent, await self.peer(), await self.node(template.get("name", "greet"))


def port(key: str, kind: PortKind, index: int, direction: PortDirection) -> wire.Port:
    """Return a plain port."""
    return wire.Port(
        index=index,
        direction=direction,
        kind=kind,
        key=key,
        nullable=False,
        has_default=False,
        constraints=[],
        visible_when=[],
    )


def declaration(
    name: str = "greet", *, concurrency: int = 1, idempotent: bool = False, **more: Any
) -> wire.TemplateDeclaration:
    """Return `name(x: int) -> str`."""
    ports = [
        port("x", PortKind.INT, 0, PortDirection.ARGUMENT),
        port("return", PortKind.STRING, 1, PortDirection.RETURN),
    ]
    return wire.TemplateDeclaration(
        **{
            "interface": name,
            "name": name,
            "title": name.title(),
            "kind": NodeKind.FUNCTION,
            "idempotent": idempotent,
            "pure": False,
            "ports": ports,
            "groups": [],
            "concurrency": concurrency,
            "autoprovide": False,
            "labels": [],
            "pausable": False,
            **more,
        }
    )


def declare(*templates: wire.TemplateDeclaration, takeover: bool = False) -> wire.Declare:
    """Return a whole declaration in one part."""
    return wire.Declare(
        digest=declaration_digest(templates, ()),
        part=0,
        last=True,
        templates=list(templates),
        structures=[],
        takeover=takeover,
    )


def call(node: str | None, reference: str = "r1", *, x: object = 1, **more: Any) -> wire.Call:
    """Return a call of `greet`."""
    return wire.Call(
        **{
            "reference": reference,
            "node": node,
            "args": {"x": x},
            "wait": False,
            "priority": Priority.NORMAL,
            "ephemeral": False,
            "cached": False,
            "cancel_on_disconnect": False,
            **more,
        }
    )


def reserve(node: str, reference: str = "res", *, instances: int = 1, **more: Any) -> wire.Reserve:
    """Return a request for instances."""
    return wire.Reserve(
        **{
            "reference": reference,
            "node": node,
            "desired_instances": instances,
            "minimal_instances": instances,
            "strategy": Strategy.LEAST_BUSY,
            "apps": [],
            "agents": [],
            "templates": [],
            "labels": [],
            "wait": False,
            **more,
        }
    )


async def provide(agent: Peer, credits: int = 1) -> str:
    """Answer the next `Provide`; returns the provision's id."""
    asked = await agent.gets(wire.Provide)
    await agent.says(wire.Provided(provision=asked.provision, credits=credits))
    return asked.provision


def accepted(assign: wire.Assign, seq: int = 1) -> wire.Accepted:
    """Return an agent's `Accepted`."""
    return wire.Accepted(assignation=assign.assignation, attempt=assign.attempt, seq=seq)


def done(assign: wire.Assign, value: object = "hi", seq: int = 2) -> wire.Done:
    """Return an agent's `Done`."""
    return wire.Done(
        assignation=assign.assignation,
        attempt=assign.attempt,
        seq=seq,
        returns={"return": value},
    )


async def running(agent: Peer, caller: Peer, message: wire.Call) -> wire.Assign:
    """Make a call and let the agent accept it."""
    await caller.says(message)
    if not agent.of(wire.Provide) or not agent.service.view.provisions:
        await provide(agent)
    assign = await agent.gets(wire.Assign)
    await agent.says(accepted(assign))
    await caller.event("ACCEPTED")
    return assign


Start = Callable[[], Awaitable[World]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Give a function that starts a server on the test's file; called again, it restarts it."""
    clock = ManualClock()
    stack: list[Any] = []

    @asynccontextmanager
    async def server() -> AsyncIterator[World]:
        store = SqliteStore(tmp_path / "rekuest.sqlite3")
        await store.open()
        try:
            for row in (
                OrganizationRow("lab", "lab", "Lab", 0),
                OrganizationRow("far", "far", "Far", 0),
            ):
                await store.write(SaveOrganization(row))
            for user, organization in (("ann", "lab"), ("bob", "lab"), ("eve", "far")):
                await store.write(
                    SaveUser(UserRow(user, organization, user, None, False, False, 0))
                )
            async with Service(
                store, LocalBus(), clock, Rules(queued_calls=5, open_calls=20)
            ) as service:
                yield World(service, clock)
        finally:
            await store.close()

    async def begin() -> World:
        while stack:
            await stack.pop().__aexit__(None, None, None)
        context = server()
        world = await context.__aenter__()
        stack.append(context)
        return world

    yield begin
    while stack:
        await stack.pop().__aexit__(None, None, None)


@pytest.fixture
async def world(start: Start) -> World:
    """A running server."""
    return await start()
