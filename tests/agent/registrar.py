"""The server's service for tests of the agent, told by hand, and an agent to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from rekuest.agent import Agent
from rekuest.api import wire
from rekuest.auth import StaticToken
from rekuest.client.connection import Connection, Identity
from rekuest.clock import SystemClock
from rekuest.definition import define
from tests.client.session_server import PRINCIPAL, Peer, SessionServer

M = TypeVar("M")


class QuickClock(SystemClock):
    """A clock whose waits are a hundredth as long, so that nobody waits for a backoff."""

    async def sleep_until(self, deadline: float) -> None:
        await asyncio.sleep(max(0.0, deadline - self.monotonic()) / 100)


class Registrar:
    """What the service does about agents, told by hand; keeps what agents say."""

    def __init__(self, server: SessionServer) -> None:
        self.server = server
        server.on_message = self._on_message
        self.is_digest_known = False
        self.refusal: wire.Refused | None = None  # of Declare
        self.acknowledges = True
        self.declared: list[wire.TemplateDeclaration] = []
        self.peer: Peer
        self._said: dict[type, asyncio.Queue[Any]] = {}

    async def heard(self, message_type: type[M]) -> M:
        """Return the next message of a type."""
        found = await asyncio.wait_for(self._queue(message_type).get(), 5)
        assert isinstance(found, message_type)
        return found

    def assign(self, call: str, provision: str = "p", attempt: int = 1, **args: Any) -> None:
        """Assign a call."""
        self.peer.send(
            wire.Assign(
                assignation=call,
                attempt=attempt,
                provision=provision,
                args=args,
                caller=PRINCIPAL,
                reservation="r",
                ephemeral=False,
            )
        )

    async def provide(self, interface: str, provision: str = "p") -> wire.Provided:
        """Have an actor spawned."""
        self.peer.send(wire.Provide(provision=provision, interface=interface))
        return await self.heard(wire.Provided)

    def _queue(self, message_type: type) -> asyncio.Queue[Any]:
        return self._said.setdefault(message_type, asyncio.Queue())

    def _on_message(self, peer: Peer, message: wire.ClientMessage) -> None:
        self.peer = peer
        self._queue(type(message)).put_nowait(message)
        if isinstance(message, wire.Declare):
            self._declare(peer, message)
        seq = getattr(message, "seq", None)
        if seq is not None and self.acknowledges:
            receipt = wire.Receipt(
                assignation=message.assignation,  # type: ignore[union-attr]  # it is an event
                attempt=message.attempt,  # type: ignore[union-attr]  # it is an event
                seq=seq,
            )
            peer.send(wire.Acknowledged(receipts=[receipt]))

    def _declare(self, peer: Peer, message: wire.Declare) -> None:
        if self.refusal is not None:
            peer.send(self.refusal)
            return
        self.declared.extend(message.templates)
        is_asking = not message.last
        if message.last or is_asking:
            peer.send(
                wire.Declared(
                    digest=message.digest,
                    complete=message.last or self.is_digest_known,
                    agent="a",
                    epoch=1,
                    diagnostics=[],
                )
            )


def connect(server: SessionServer) -> Connection:
    identity = Identity("lab", "0.1.0", "here", "session-1")
    return Connection(server.url, identity, StaticToken("good"), QuickClock())


class Provider:
    """An agent that runs until the block ends."""

    def __init__(self, registrar: Registrar, *functions: Callable[..., Any]) -> None:
        self.connection = connect(registrar.server)
        definitions = [define(function) for function in functions]
        self.agent = Agent(self.connection, definitions, clock=QuickClock())
        self.stop = asyncio.Event()
        self._registrar = registrar

    async def _until(self) -> None:
        await self.stop.wait()

    async def __aenter__(self) -> Provider:
        self.task = asyncio.create_task(self.agent.run(self._until))
        await self._registrar.heard(wire.Declare)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.stop.set()
        await asyncio.wait((self.task,))
        await self.connection.aclose()
