"""Who may see what: today everybody sees their own.  One predicate a concept, used by every read of it."""

from __future__ import annotations

from sqlalchemy import or_, select

from rekuest.server.store import tables
from rekuest.server.store.read.query import Condition
from rekuest.server.store.viewer import Viewer

__all__ = [
    "visible_agents",
    "visible_apps",
    "visible_assignations",
    "visible_clients",
    "visible_nodes",
    "visible_organizations",
    "visible_provisions",
    "visible_reservations",
    "visible_structures",
    "visible_templates",
    "visible_users",
]


def visible_organizations(viewer: Viewer) -> Condition:
    """The viewer's organization."""
    return tables.organization.c.id == viewer.organization


def visible_users(viewer: Viewer) -> Condition:
    """The users of the viewer's organization."""
    return tables.user.c.organization == viewer.organization


def visible_clients(viewer: Viewer) -> Condition:
    """The clients that the viewer has added."""
    return tables.client.c.owner == viewer.user


def visible_apps(viewer: Viewer) -> Condition:
    """The apps that the viewer owns."""
    app = tables.app.c
    return (app.organization == viewer.organization) & (app.owner == viewer.user)


def visible_templates(viewer: Viewer) -> Condition:
    """The templates of the viewer's apps."""
    return tables.template.c.app.in_(select(tables.app.c.id).where(visible_apps(viewer)))


def visible_nodes(viewer: Viewer) -> Condition:
    """The nodes that the viewer's apps implement, or once did."""
    implemented = select(tables.template.c.node).where(visible_templates(viewer))
    return (tables.node.c.organization == viewer.organization) & tables.node.c.id.in_(implemented)


def visible_structures(viewer: Viewer) -> Condition:
    """The structures of the viewer's organization."""
    return tables.structure.c.organization == viewer.organization


def visible_agents(viewer: Viewer) -> Condition:
    """The agents that run for the viewer."""
    inside = select(tables.app.c.id).where(tables.app.c.organization == viewer.organization)
    return (tables.agent.c.user == viewer.user) & tables.agent.c.app.in_(inside)


def visible_provisions(viewer: Viewer) -> Condition:
    """The provisions on the viewer's agents."""
    return tables.provision.c.agent.in_(select(tables.agent.c.id).where(visible_agents(viewer)))


def visible_reservations(viewer: Viewer) -> Condition:
    """The reservations that the viewer made."""
    reservation = tables.reservation.c
    return (reservation.organization == viewer.organization) & (reservation.user == viewer.user)


def visible_assignations(viewer: Viewer) -> Condition:
    """The calls that the viewer made, and those that the viewer's agents run."""
    call = tables.assignation.c
    agents = select(tables.agent.c.id).where(visible_agents(viewer))
    own = or_(call.user == viewer.user, call.agent.in_(agents))
    return (call.organization == viewer.organization) & own
