"""A small server for tests of GraphQL: a real store and bus, two users with an app each, and no agents' sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from rekuest.api import wire
from rekuest.errors import ServerError
from rekuest.server.bus.local import LocalBus
from rekuest.server.domain.principal import Principal
from rekuest.server.graphql.context import Parts
from rekuest.server.graphql.endpoint import graphql_endpoint
from rekuest.server.identity.keys import make_key
from rekuest.server.identity.secrets import SecretHasher
from rekuest.server.identity.tokens import TokenIssuer
from rekuest.server.service.identity import Identity, NewClient
from rekuest.server.settings import ServerSettings
from rekuest.server.store.commands import (
    AcceptCall,
    ClaimAgent,
    DeclaredTemplate,
    ReplaceDeclaration,
    SaveApp,
    SaveDecision,
    SaveLogs,
    SaveProgress,
    SaveProvision,
    SaveReservation,
)
from rekuest.server.store.rows import (
    AgentRow,
    AppRow,
    AssignationRow,
    EventRow,
    LogRow,
    ProgressRow,
    ProvisionRow,
    ReservationRow,
)
from rekuest.server.store.sqlite import SqliteStore
from rekuest.server.store.sqlite.file import BUSY_TIMEOUT
from tests.server.clock import ManualClock

NOW = 1_800_000_000.0
TEMPLATE: dict[str, Any] = {
    "interface": "greet",
    "name": "greet",
    "title": "Greet somebody",
    "description": "Says hello.",
    "kind": "FUNCTION",
    "idempotent": False,
    "pure": True,
    "ports": [
        {
            "index": 0,
            "direction": "ARGUMENT",
            "kind": "INT",
            "key": "x",
            "nullable": False,
            "hasDefault": False,
            "constraints": [{"kind": "GE", "value": 0}],
            "widget": {"__typename": "SliderWidget", "minimum": 0.0, "maximum": 9.0},
            "visibleWhen": [],
            "passing": "ANY",
        }
    ],
    "groups": [],
    "concurrency": 2,
    "autoprovide": False,
    "labels": ["cpu"],
    "pausable": False,
}


class FakeCommands:
    """Stands where the service does; remembers what it was asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[tuple[str, Any]] = []

    async def assign(self, principal: Principal, message: wire.Call) -> str:
        """Refuse node `none`, else answer with the call that is there."""
        self.asked.append(("assign", message))
        if message.node == "none":
            raise ServerError("no such node", code="NOT_FOUND")
        return "call-1"

    async def cancel(self, principal: Principal, id: str) -> AssignationRow:
        """Answer with the call that is there."""
        self.asked.append(("cancel", id))
        return await self._call(id)

    async def interrupt(self, principal: Principal, id: str) -> AssignationRow:
        """Answer with the call that is there."""
        self.asked.append(("interrupt", id))
        return await self._call(id)

    async def reserve(self, principal: Principal, message: wire.Reserve) -> ReservationRow:
        """Answer with the reservation that is there."""
        self.asked.append(("reserve", message))
        return await self._reservation("reservation-1")

    async def release(self, principal: Principal, id: str) -> ReservationRow:
        """Answer with the reservation that is there."""
        self.asked.append(("release", id))
        return await self._reservation(id)

    async def _call(self, id: str) -> AssignationRow:
        row = await self.world.store.read.assignations.get(id, viewer=None)
        assert row is not None
        return row

    async def _reservation(self, id: str) -> ReservationRow:
        row = await self.world.store.read.reservations.get(id, viewer=None)
        assert row is not None
        return row


@dataclass
class World:
    """A running small server."""

    settings: ServerSettings
    clock: ManualClock
    store: SqliteStore
    bus: LocalBus
    identity: Identity
    commands: FakeCommands
    app: ASGIApp
    admin: NewClient
    token: str  # of admin's client
    other_token: str  # of another user's client, in the same organization

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """Return an HTTP client with a token; None: admin's, empty: none."""
        token = self.token if token is None else token
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(app=self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)

    async def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> dict[str, Any]:
        """Return the whole response to a document."""
        async with self.client(token) as http:
            request = {"query": query, "variables": variables}
            answer: dict[str, Any] = (await http.post("/graphql", json=request)).json()
            return answer

    async def data(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Return the data of a document that must not fail."""
        answer = await self.ask(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def refusal(
        self, query: str, variables: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> dict[str, Any]:
        """Return the first error of a document that must fail."""
        answer = await self.ask(query, variables, token=token)
        assert answer.get("errors"), answer
        error: dict[str, Any] = answer["errors"][0]
        return error


@asynccontextmanager
async def open_world(folder: Path, **changes: Any) -> AsyncIterator[World]:
    """Open a small server in a folder; `changes` are fields of its settings."""
    settings = ServerSettings(data_dir=folder, **changes)
    clock = ManualClock(NOW)
    store = SqliteStore(folder / "rekuest.db", durability="process")
    await store.open()
    try:
        bus = LocalBus()
        quick = SecretHasher(hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        identity = Identity(store, TokenIssuer(make_key(), lifetime=3600.0), clock, quick)
        admin = await identity.add_client("admin's")
        other = await identity.add_client("other's", "other")
        world = World(
            settings=settings,
            clock=clock,
            store=store,
            bus=bus,
            identity=identity,
            commands=None,  # type: ignore[arg-type]  # it needs the world
            app=None,  # type: ignore[arg-type]  # it needs the commands
            admin=admin,
            token=await identity.local_token(admin.row.client_id),
            other_token=await identity.local_token(other.row.client_id),
        )
        world.commands = FakeCommands(world)
        parts = Parts(
            settings=settings,
            clock=clock,
            reads=store.read,
            bus=bus,
            commands=world.commands,
            identity=identity,
            started_at=NOW,
        )
        world.app = _app(parts)
        await seed(world)
        yield world
    finally:
        # A read that was left behind would hold its view of the file against the last checkpoint.
        await asyncio.wait_for(store.close(), BUSY_TIMEOUT / 2)


def _app(parts: Parts) -> Starlette:
    endpoint = graphql_endpoint(parts, page="<html></html>" if parts.settings.dev else None)
    return Starlette(routes=[Route("/graphql", endpoint), WebSocketRoute("/graphql", endpoint)])


async def seed(world: World) -> None:
    """Give each of the two users an app with an agent, and the first a reservation and a call."""
    for number, owner in ((1, "admin"), (2, "other")):
        user = await world.store.read.users.by_name(owner)
        assert user is not None
        app = AppRow(f"app-{number}", user.organization, user.id, f"app{number}", "1", False, NOW)
        agent = AgentRow(
            id=f"agent-{number}",
            app=app.id,
            user=user.id,
            instance_id="lab",
            session_id=f"session-{number}",
            status="CONNECTED",
            epoch=0,
            lease_expires_at=NOW + 10,
            digest=None,
            user_agent="test/1",
            is_blocked=False,
            created_at=NOW,
            last_seen_at=NOW,
        )
        template = DeclaredTemplate(
            f"template-{number}", f"node-{number}", f"{number}" * 64, "greet", TEMPLATE
        )
        declaration = ReplaceDeclaration(
            agent=agent.id,
            epoch=1,
            app=app.id,
            organization=user.organization,
            digest="d" * 64,
            templates=(template,),
            structures=((f"structure-{number}", f"@lab/image{number}", "An image"),),
            at=NOW,
        )
        await world.store.write(SaveApp(app))
        await world.store.write(ClaimAgent(agent, False, NOW))
        await world.store.write(declaration)
        await _seed_contracts(world, number, user.id, user.organization)


async def _seed_contracts(world: World, number: int, user: str, organization: str) -> None:
    provision = ProvisionRow(
        f"provision-{number}", f"template-{number}", f"agent-{number}", "ACTIVE", None, 2, NOW, NOW
    )
    reservation = ReservationRow(
        id=f"reservation-{number}",
        reference="r",
        organization=organization,
        user=user,
        app=f"app{number}",
        session_id=None,
        node=f"node-{number}",
        title=None,
        status="ACTIVE",
        reason=None,
        strategy="LEAST_BUSY",
        desired_instances=1,
        minimal_instances=1,
        wants={},
        is_implicit=False,
        created_at=NOW,
        ended_at=None,
    )
    call = call_row(number, user, organization)
    await world.store.write(SaveProvision(provision))
    await world.store.write(SaveReservation(reservation))
    await world.store.write(SaveDecision(reservation.id, NOW, "link", "it is there"))
    await world.store.write(AcceptCall(call, (queued(call.id),)))
    await world.store.write(
        AcceptCall(replace(call, id=f"child-{number}", reference="c-2", parent=call.id), ())
    )
    await world.store.write(SaveLogs((LogRow(call.id, "INFO", "hello", NOW, 0),)))
    await world.store.write(SaveProgress((ProgressRow(call.id, 0.5, None, "half", NOW),)))


def queued(call: str) -> EventRow:
    """Return a call's first event."""
    return EventRow(call, 1, "QUEUED", 0, None, NOW)


def call_row(number: int, user: str, organization: str) -> AssignationRow:
    """Return a call of a user's, that waits."""
    return AssignationRow(
        id=f"call-{number}",
        reference="c-1",
        organization=organization,
        user=user,
        app=f"app{number}",
        node=f"node-{number}",
        reservation=f"reservation-{number}",
        provision=None,
        agent=None,
        status="QUEUED",
        reason=None,
        args={"x": None},
        returns=None,
        error=None,
        attempt=0,
        seq=0,
        number=1,
        priority="NORMAL",
        parent=None,
        is_cached=False,
        wait=False,
        cancel_on_disconnect=False,
        session_id=None,
        created_at=NOW,
        deadline=None,
        queue_deadline=None,
        started_at=None,
        ended_at=None,
    )
