"""What resolvers work with: the server's parts, and who asks."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import GraphQLResolveInfo

from rekuest.clock import Clock
from rekuest.server.bus import Bus
from rekuest.server.domain.principal import Principal
from rekuest.server.graphql.commands import Commands
from rekuest.server.graphql.loaders import Loaders
from rekuest.server.service.identity import Identity
from rekuest.server.service.read.related import Related
from rekuest.server.settings import ServerSettings
from rekuest.server.store.read import Reads

__all__ = ["Context", "Parts", "context_of", "make_context"]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one server, which all requests share."""

    settings: ServerSettings
    clock: Clock
    reads: Reads
    bus: Bus
    commands: Commands
    identity: Identity
    started_at: float  # POSIX seconds


@dataclass(frozen=True, slots=True)
class Context:
    """One request."""

    parts: Parts
    principal: Principal
    loaders: Loaders

    @property
    def reads(self) -> Reads:
        """What the store can be asked."""
        return self.parts.reads


def make_context(parts: Parts, principal: Principal) -> Context:
    """Return the context of a request that a principal makes."""
    return Context(parts, principal, Loaders(Related(parts.reads, principal)))


def context_of(info: GraphQLResolveInfo) -> Context:
    """Return the context of the request that a resolver runs in."""
    context: Context = info.context
    return context
