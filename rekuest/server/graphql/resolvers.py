"""All resolvers, one module a concept."""

from __future__ import annotations

from ariadne import SchemaBindable

from rekuest.server.graphql import (
    agent,
    app,
    assignation,
    identity,
    node,
    provision,
    reservation,
    server,
    structure,
    template,
)

__all__ = ["RESOLVERS"]

RESOLVERS: tuple[SchemaBindable, ...] = (
    server.query,
    server.subscription,
    identity.query,
    identity.me,
    identity.client,
    identity.mutation,
    app.query,
    app.app,
    node.query,
    node.node,
    node.subscription,
    template.query,
    template.template,
    structure.query,
    agent.query,
    agent.agent,
    agent.subscription,
    provision.query,
    provision.provision,
    provision.subscription,
    reservation.query,
    reservation.reservation,
    reservation.mutation,
    reservation.subscription,
    assignation.query,
    assignation.assignation,
    assignation.event,
    assignation.mutation,
    assignation.subscription,
)
