"""Resolvers of the server itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from ariadne import ObjectType
from graphql import GraphQLResolveInfo

from rekuest.server.graphql.context import Context, context_of
from rekuest.server.graphql.stream import Streams
from rekuest.server.service.read.page import viewer_of
from rekuest.server.service.watch import Rings
from rekuest.server.settings import ServerSettings

__all__ = ["query", "server_version", "subscription"]

PROTOCOL_VERSION = 1


def server_version() -> str:
    """Return the version of the installed package; `0` in a checkout that is not installed."""
    try:
        return version("rekuest")
    except PackageNotFoundError:
        return "0"


@dataclass(frozen=True, slots=True)
class LimitsShown:
    """What both sides of a socket keep to."""

    frame_bytes: int
    depth: int
    messages: int
    open_calls: int
    queued_calls: int


@dataclass(frozen=True, slots=True)
class ServerShown:
    """What the server is and what it keeps to."""

    version: str
    protocol_version: int
    started_at: float
    durability: str
    policy: str
    limits: LimitsShown
    lease_duration: float
    connected_agents: int


query = ObjectType("Query")
subscription = Streams()


@query.field("server")
async def resolve_server(source: object, info: GraphQLResolveInfo) -> ServerShown:
    """Show the server."""
    return await _show(context_of(info))


@subscription.stream("server")
async def watch_server(source: object, info: GraphQLResolveInfo) -> AsyncIterator[ServerShown]:
    """Show the server now, then whenever its number of agents changes."""
    context = context_of(info)
    shown = None
    with Rings(context.parts.bus, "agent") as changes:
        while True:
            now = await _show(context)
            if now != shown:
                shown = now
                yield now
            await anext(changes)


async def _show(context: Context) -> ServerShown:
    settings = context.parts.settings
    agents = context.reads.agents
    return ServerShown(
        version=server_version(),
        protocol_version=PROTOCOL_VERSION,
        started_at=context.parts.started_at,
        durability=settings.durability.upper(),
        policy="OWN",
        limits=_limits(settings),
        lease_duration=settings.lease_duration,
        connected_agents=await agents.count_connected(viewer=viewer_of(context.principal)),
    )


def _limits(settings: ServerSettings) -> LimitsShown:
    return LimitsShown(
        frame_bytes=settings.frame_bytes,
        depth=settings.frame_depth,
        messages=settings.frame_messages,
        open_calls=settings.open_calls,
        queued_calls=settings.queued_calls,
    )
