"""Rows and commands with everything filled in, for tests that care about one field of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rekuest.server.store.commands import (
    AcceptCall,
    ChangeCall,
    ClaimAgent,
    DeclaredTemplate,
    ReplaceDeclaration,
)
from rekuest.server.store.page import Page
from rekuest.server.store.rows import (
    AgentRow,
    AppRow,
    AssignationRow,
    ClientRow,
    EventRow,
    OrganizationRow,
    ProvisionRow,
    ReservationRow,
    UserRow,
)

ALL = Page(first=200)


def organization(id: str = "o1", **fields: Any) -> OrganizationRow:
    """An organization whose identifier is its id."""
    return replace(OrganizationRow(id=id, identifier=id, name="Lab", created_at=1.0), **fields)


def user(id: str = "u1", **fields: Any) -> UserRow:
    """A user of `o1` whose name is the id."""
    row = UserRow(
        id=id,
        organization="o1",
        name=id,
        display_name=None,
        is_service=False,
        is_blocked=False,
        created_at=1.0,
    )
    return replace(row, **fields)


def client(id: str = "c1", **fields: Any) -> ClientRow:
    """A client of `u1`."""
    row = ClientRow(
        id=id,
        client_id=f"public-{id}",
        secret_hash="hash",
        name="laptop",
        owner="u1",
        app=None,
        created_at=1.0,
        last_used_at=None,
        revoked_at=None,
    )
    return replace(row, **fields)


def app(id: str = "a1", **fields: Any) -> AppRow:
    """An app of `u1` whose identifier is its id."""
    row = AppRow(
        id=id,
        organization="o1",
        owner="u1",
        identifier=id,
        version="0.1.0",
        is_blocked=False,
        created_at=1.0,
    )
    return replace(row, **fields)


def agent(id: str = "g1", **fields: Any) -> AgentRow:
    """A connected agent of `a1` and `u1` whose instance and session are named after its id."""
    row = AgentRow(
        id=id,
        app="a1",
        user="u1",
        instance_id=f"host-{id}",
        session_id=f"session-{id}",
        status="CONNECTED",
        epoch=0,
        lease_expires_at=20.0,
        digest=None,
        user_agent=None,
        is_blocked=False,
        created_at=1.0,
        last_seen_at=1.0,
    )
    return replace(row, **fields)


def claim(id: str = "g1", *, takeover: bool = False, at: float = 10.0, **fields: Any) -> ClaimAgent:
    """The claim of such an agent."""
    return ClaimAgent(agent(id, **fields), takeover, at)


def provision(id: str = "p1", **fields: Any) -> ProvisionRow:
    """An active provision on `g1`."""
    row = ProvisionRow(
        id=id,
        template="t1",
        agent="g1",
        status="ACTIVE",
        reason=None,
        credits=1,
        created_at=1.0,
        changed_at=1.0,
    )
    return replace(row, **fields)


def reservation(id: str = "r1", **fields: Any) -> ReservationRow:
    """An active reservation of `u1` whose reference is its id."""
    row = ReservationRow(
        id=id,
        reference=id,
        organization="o1",
        user="u1",
        app="caller",
        session_id=None,
        node="n1",
        title=None,
        status="ACTIVE",
        reason=None,
        strategy="LEAST_BUSY",
        desired_instances=1,
        minimal_instances=1,
        wants={"apps": [], "agents": [], "templates": [], "labels": []},
        is_implicit=False,
        created_at=1.0,
        ended_at=None,
    )
    return replace(row, **fields)


def call(id: str = "x1", **fields: Any) -> AssignationRow:
    """A queued call of `u1` with one event, whose reference is its id."""
    row = AssignationRow(
        id=id,
        reference=id,
        organization="o1",
        user="u1",
        app="caller",
        node="n1",
        reservation=None,
        provision=None,
        agent=None,
        status="QUEUED",
        reason=None,
        args={"x": 4, "name": "jöhannes"},
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
        created_at=1.0,
        deadline=None,
        queue_deadline=None,
        started_at=None,
        ended_at=None,
    )
    return replace(row, **fields)


def event(
    assignation: str = "x1", number: int = 1, kind: str = "QUEUED", **fields: Any
) -> EventRow:
    """An event that the server made."""
    row = EventRow(assignation=assignation, number=number, kind=kind, attempt=0, seq=None, at=1.0)
    return replace(row, **fields)


def accept(id: str = "x1", **fields: Any) -> AcceptCall:
    """The acceptance of such a call."""
    return AcceptCall(call(id, **fields), (event(id),))


def change(id: str = "x1", number: int = 1, kind: str = "BOUND", **fields: Any) -> ChangeCall:
    """The change that event `number` + 1 makes; the status is called like the event, the server makes it."""
    values: dict[str, Any] = {
        "assignation": id,
        "number": number,
        "events": (event(id, number + 1, kind),),
        "status": kind,
        "agent_epoch": None,
    }
    return ChangeCall(**{**values, **fields})


def template(interface: str = "f", hash: str | None = None, **body: Any) -> DeclaredTemplate:
    """A template without ports; node and ids are named after the interface and the hash."""
    hash = hash or f"hash-{interface}"
    declaration = {
        "interface": interface,
        "name": interface,
        "title": interface.capitalize(),
        "kind": "FUNCTION",
        "idempotent": False,
        "pure": False,
        "ports": [],
        "labels": [],
    }
    return DeclaredTemplate(
        f"t-{interface}-{hash}", f"n-{hash}", hash, interface, {**declaration, **body}
    )


def declare(
    *templates: DeclaredTemplate, agent: str = "g1", epoch: int = 1, **fields: Any
) -> ReplaceDeclaration:
    """The declaration of these templates by `g1`."""
    values: dict[str, Any] = {
        "app": "a1",
        "organization": "o1",
        "digest": "digest",
        "structures": (),
        "at": 5.0,
    }
    return ReplaceDeclaration(agent=agent, epoch=epoch, templates=templates, **{**values, **fields})
