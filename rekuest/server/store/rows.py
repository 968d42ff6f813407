"""What the store keeps, one frozen class a table.

Instants are POSIX seconds (UTC); ids are opaque; JSON columns hold plain Python values here and text on the disk.
Statuses and kinds are the schema's enum values as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """One organization."""

    id: str
    identifier: str  # short unique name
    name: str
    created_at: float


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user, member of one organization."""

    id: str
    organization: str
    name: str  # unique on the server
    display_name: str | None
    is_service: bool
    is_blocked: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class ClientRow:
    """The OAuth2 credentials of a program."""

    id: str
    client_id: str  # the public half, unique
    secret_hash: str  # argon2
    name: str
    owner: str  # user id
    app: str | None  # the only app identifier it may act as; None: any
    created_at: float
    last_used_at: float | None
    revoked_at: float | None


@dataclass(frozen=True, slots=True)
class AppRow:
    """One app in one version, of one owner."""

    id: str
    organization: str
    owner: str  # user id
    identifier: str
    version: str
    is_blocked: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One typed concept of a function; unique by hash, which includes the organization."""

    id: str
    hash: str
    organization: str
    name: str
    kind: str  # NodeKind
    idempotent: bool
    pure: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One app's implementation of one node; unique by (app, interface, node)."""

    id: str
    app: str  # app id
    node: str  # node id
    interface: str
    body: dict[str, Any]  # the whole TemplateDeclaration in wire form
    is_declared: bool  # False: kept for history
    created_at: float


@dataclass(frozen=True, slots=True)
class StructureRow:
    """One declared structure; unique by (organization, identifier)."""

    id: str
    organization: str
    identifier: str
    description: str | None
    created_at: float


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One running instance of an app; unique by (app, user, instance_id)."""

    id: str
    app: str  # app id
    user: str  # user id
    instance_id: str
    session_id: str  # of the session that holds, or last held, the lease
    status: str  # AgentStatus
    epoch: int  # number of the lease; only grows
    lease_expires_at: float
    digest: str | None  # of what it declares; None before the first Declare is complete
    user_agent: str | None
    is_blocked: bool
    created_at: float
    last_seen_at: float


@dataclass(frozen=True, slots=True)
class ProvisionRow:
    """One contract between the platform and an agent."""

    id: str
    template: str
    agent: str
    status: str  # ProvisionStatus
    reason: str | None
    credits: int
    created_at: float
    changed_at: float


@dataclass(frozen=True, slots=True)
class ReservationRow:
    """One contract between a user and the platform; unique by (user, app, reference)."""

    id: str
    reference: str
    organization: str
    user: str
    app: str  # app identifier
    session_id: str | None  # the session that holds it; None: nobody's
    node: str
    title: str | None
    status: str  # ReservationStatus
    reason: str | None
    strategy: str
    desired_instances: int
    minimal_instances: int
    wants: dict[str, Any]  # {"apps": [...], "agents": [...], "templates": [...], "labels": [...]}
    is_implicit: bool
    created_at: float
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision about a reservation; a bounded tail is kept."""

    reservation: str
    at: float
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class AssignationRow:
    """One call; unique by (user, app, reference)."""

    id: str
    reference: str
    organization: str
    user: str
    app: str  # app identifier of the caller
    node: str
    reservation: str | None
    provision: str | None
    agent: str | None  # agent id that runs it, or ran it last
    status: str  # AssignationStatus
    reason: str | None
    args: dict[str, Any]
    returns: dict[str, Any] | None
    error: dict[str, Any] | None  # ExceptionInfo in wire form
    attempt: int
    seq: int  # last stored event of the agent in this attempt
    number: int  # last stored event of the call
    priority: str
    parent: str | None
    is_cached: bool
    wait: bool  # queue even while no agent that may run it is there
    cancel_on_disconnect: bool
    session_id: str | None  # the session that made it
    created_at: float
    deadline: float | None
    queue_deadline: float | None
    started_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One stored event; unique by (assignation, number) and, for an agent's, (assignation, attempt, seq)."""

    assignation: str
    number: int
    kind: str  # AssignationEventKind
    attempt: int
    seq: int | None  # None: made by the server
    at: float
    returns: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LogRow:
    """One log line of a call; a bounded tail is kept."""

    assignation: str
    level: str
    message: str
    at: float
    dropped: int


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """The newest progress of a call."""

    assignation: str
    done: float
    total: float | None
    message: str | None
    at: float
