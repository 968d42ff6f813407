"""Resolvers of agents."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ariadne import ObjectType
from graphql import GraphQLResolveInfo

from rekuest.server.graphql.context import context_of
from rekuest.server.graphql.page import list_of, one_of
from rekuest.server.graphql.related import related, several
from rekuest.server.graphql.stream import Streams
from rekuest.server.service.watch import Rings, watch_rows
from rekuest.server.store.rows import AgentRow

__all__ = ["agent", "query", "subscription"]

query = ObjectType("Query")
query.set_field("agent", one_of("agents"))
query.set_field("agents", list_of("agents"))

agent = ObjectType("Agent")
agent.set_field("app", related("apps", "app"))
agent.set_field("user", related("users", "user"))
agent.set_field("templates", several("declared_by"))
agent.set_field("provisions", list_of("provisions", agent="id"))

subscription = Streams()


@subscription.stream("agentChanged")
async def watch_agents(
    source: object, info: GraphQLResolveInfo, *, id: str | None = None
) -> AsyncIterator[AgentRow]:
    """Follow agents as they come and go."""
    context = context_of(info)
    changes = Rings(context.parts.bus, "agent")
    return watch_rows(changes, context.principal, context.reads.agents.get, id=id)
