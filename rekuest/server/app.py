"""The ASGI application: opens the parts of a server in order, and closes them in the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from rekuest.api import wire
from rekuest.clock import Clock, SystemClock
from rekuest.server.bus import Bus
from rekuest.server.bus.local import LocalBus
from rekuest.server.gateway.socket import SessionEndpoint, SocketRules
from rekuest.server.graphql.context import Parts
from rekuest.server.graphql.endpoint import graphql_endpoint
from rekuest.server.graphql.explorer import explorer_page, static_file
from rekuest.server.graphql.schema import read_sdl
from rekuest.server.graphql.server import server_version
from rekuest.server.identity.keys import load_key
from rekuest.server.identity.local import LocalCredentials, read_credentials, write_credentials
from rekuest.server.identity.tokens import TokenIssuer
from rekuest.server.service.context import Rules
from rekuest.server.service.identity import Identity
from rekuest.server.service.service import Service
from rekuest.server.settings import ServerSettings, is_loopback
from rekuest.server.store.sqlite import SqliteStore
from rekuest.server.store.store import Store
from rekuest.server.web.guard import LOOPBACK, Guard
from rekuest.server.web.health import live, ready_endpoint
from rekuest.server.web.schema import schema_endpoint
from rekuest.server.web.token import token_endpoint

__all__ = ["STORE_FILE", "Running", "create_app", "make_identity", "open_store", "running_of"]

logger = logging.getLogger(__name__)

STORE_FILE = "rekuest.db"


@dataclass(slots=True)
class Running:
    """A server between its start and its end."""

    settings: ServerSettings
    store: Store
    bus: Bus
    identity: Identity
    service: Service
    sessions: SessionEndpoint
    credentials: LocalCredentials  # of the local client
    is_ready: bool = True

    async def drain(self, retry_after: float = 1.0) -> None:
        """Take no more calls, ask everybody who is connected to come back, and wait until they have heard it."""
        self.is_ready = False
        await self.sessions.drain(retry_after)


def open_store(settings: ServerSettings) -> SqliteStore:
    """Return the store of a data folder, not open yet."""
    return SqliteStore(settings.data_dir / STORE_FILE, durability=settings.durability)


def make_identity(settings: ServerSettings, store: Store, clock: Clock) -> Identity:
    """Return the identity of a data folder; makes its key on the first start."""
    key = load_key(settings.data_dir)
    return Identity(store, TokenIssuer(key, lifetime=settings.token_lifetime), clock)


def running_of(app: Starlette) -> Running:
    """Return the server that an application runs; it must have been started."""
    running: Running = app.state.running
    return running


def create_app(
    settings: ServerSettings, clock: Clock | None = None, *, url: str | None = None
) -> Starlette:
    """Return the application of one server.

    Args:
        settings: How it runs.
        clock: Its time; None: the machine's.
        url: Where it is reached, for the credential file; None: by the settings' host and port.
    """
    time = clock or SystemClock()
    address = url or f"http://{settings.host}:{settings.port}"

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with _run(settings, time, address) as (running, routes):
            app.state.running = running
            app.router.routes[:] = routes
            yield
            running.is_ready = False

    return Starlette(lifespan=lifespan, middleware=[Middleware(Guard, hosts=_hosts(settings))])


@asynccontextmanager
async def _run(
    settings: ServerSettings, clock: Clock, address: str
) -> AsyncIterator[tuple[Running, list[BaseRoute]]]:
    """Open store, identity, service and endpoints; close them in the other order."""
    async with AsyncExitStack() as stack:
        store = open_store(settings)
        await store.open()
        stack.push_async_callback(store.close)
        identity = make_identity(settings, store, clock)
        credentials = await _local_client(settings, identity, address)
        bus = LocalBus()
        service = await stack.enter_async_context(
            Service(store, bus, clock, _service_rules(settings))
        )
        sessions = SessionEndpoint(service, identity.authenticate, clock, _socket_rules(settings))
        running = Running(settings, store, bus, identity, service, sessions, credentials)
        yield running, _routes(running, clock)


async def _local_client(
    settings: ServerSettings, identity: Identity, address: str
) -> LocalCredentials:
    """Return the local client with the present address, and write its file for programs to find."""
    known = read_credentials(settings.data_dir)
    pair = (known.client_id, known.client_secret) if known is not None else None
    client_id, secret = await identity.local_client(pair)
    credentials = LocalCredentials(address, client_id, secret)
    write_credentials(settings.data_dir, credentials)
    return credentials


def _routes(running: Running, clock: Clock) -> list[BaseRoute]:
    settings, identity, reads = running.settings, running.identity, running.store.read
    parts = Parts(
        settings=settings,
        clock=clock,
        reads=reads,
        bus=running.bus,
        commands=running.service,
        identity=identity,
        started_at=clock.now(),
    )
    graphql: ASGIApp = graphql_endpoint(parts, page=explorer_page() if settings.dev else None)
    routes: list[BaseRoute] = [
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        WebSocketRoute("/session", running.sessions.__call__),
        Route("/schema.graphql", schema_endpoint(read_sdl(), identity.authenticate)),
        Route("/livez", live),
        Route("/readyz", ready_endpoint(reads, lambda: running.is_ready)),
    ]
    for path in ("/oauth/token", "/oauth/token/"):
        routes.append(Route(path, token_endpoint(identity), methods=["POST"]))
    if settings.dev:
        routes.append(Route("/graphql/static/{name}", static_file))
    return routes


def _hosts(settings: ServerSettings) -> frozenset[str] | None:
    """Return the names that requests may reach the server by; None: any, for a server that others reach."""
    if not is_loopback(settings.host) and not settings.allowed_hosts:
        return None
    return LOOPBACK | {settings.host.strip("[]")} | frozenset(settings.allowed_hosts)


def _service_rules(settings: ServerSettings) -> Rules:
    return Rules(
        lease_duration=settings.lease_duration,
        open_calls=settings.open_calls,
        queued_calls=settings.queued_calls,
    )


def _socket_rules(settings: ServerSettings) -> SocketRules:
    limits = wire.Limits(
        frame_bytes=settings.frame_bytes,
        depth=settings.frame_depth,
        messages=settings.frame_messages,
        open_calls=settings.open_calls,
        queued_calls=settings.queued_calls,
    )
    return SocketRules(
        limits=limits,
        server_version=server_version(),
        heartbeat_interval=settings.heartbeat_interval,
        lease_duration=settings.lease_duration,
        hello_timeout=settings.hello_timeout,
    )
