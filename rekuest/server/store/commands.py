"""Everything that can be written, as data.  The writer runs a whole group of these in one transaction.

Each backend has one function a command; `store.write` returns what the command's docstring says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from rekuest.server.store.rows import (
    AgentRow,
    AppRow,
    AssignationRow,
    ClientRow,
    EventRow,
    LogRow,
    OrganizationRow,
    ProgressRow,
    ProvisionRow,
    ReservationRow,
    UserRow,
)


@dataclass(frozen=True, slots=True)
class SaveOrganization:
    """Insert, or do nothing if the identifier exists.  Returns the stored `OrganizationRow`."""

    row: OrganizationRow


@dataclass(frozen=True, slots=True)
class SaveUser:
    """Insert, or do nothing if the name exists.  Returns the stored `UserRow`."""

    row: UserRow


@dataclass(frozen=True, slots=True)
class SaveClient:
    """Insert a client.  Returns None."""

    row: ClientRow


@dataclass(frozen=True, slots=True)
class TouchClient:
    """Note that a client's credentials were used.  Returns None."""

    id: str
    at: float


@dataclass(frozen=True, slots=True)
class RevokeClient:
    """Mark a client as revoked; again changes nothing.  Returns whether it exists."""

    id: str
    at: float


@dataclass(frozen=True, slots=True)
class SaveApp:
    """Insert, or do nothing if (organization, owner, identifier, version) exists.  Returns the stored `AppRow`."""

    row: AppRow


@dataclass(frozen=True, slots=True)
class ClaimAgent:
    """Claim an agent's identity for a session.

    The row's `epoch` is ignored.  A session that holds the identity already keeps its epoch; otherwise the
    stored epoch grows by one, if nobody holds a live lease (`lease_expires_at` > `at` and not DISCONNECTED)
    or `takeover` is true.  Returns the stored `AgentRow`; if its `session_id` is not the row's, the claim was
    refused.  A blocked agent is never claimed.
    """

    row: AgentRow
    takeover: bool
    at: float


@dataclass(frozen=True, slots=True)
class RenewLeases:
    """Extend leases that are still held.  `leases` is (agent id, epoch) each.  Returns the ids of those extended."""

    leases: tuple[tuple[str, int], ...]
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class ChangeAgent:
    """Set an agent's status if `epoch` is still the newest.  Returns whether it was."""

    id: str
    epoch: int
    status: str
    at: float


@dataclass(frozen=True, slots=True)
class DeclaredTemplate:
    """One template of a declaration, with the identity of its node."""

    id: str  # used if the template is new
    node_id: str  # used if the node is new
    node_hash: str
    interface: str
    body: dict[str, Any]  # the TemplateDeclaration in wire form


@dataclass(frozen=True, slots=True)
class ReplaceDeclaration:
    """Make a set of templates and structures all that an agent declares, at once.

    Nodes are found or made by hash; templates by (app, interface, node); the agent's links to templates are
    replaced; a template that no agent declares any more gets `is_declared` False.  Nothing is deleted.
    Returns {interface: (template id, node id)}, or None if `epoch` is not the newest.
    """

    agent: str
    epoch: int
    app: str  # app id
    organization: str
    digest: str
    templates: tuple[DeclaredTemplate, ...]
    structures: tuple[tuple[str, str, str | None], ...]  # (id if new, identifier, description)
    at: float


@dataclass(frozen=True, slots=True)
class SaveProvision:
    """Insert a provision.  Returns None."""

    row: ProvisionRow


@dataclass(frozen=True, slots=True)
class ChangeProvision:
    """Set status, reason and credits of a provision.  `credits` None: as they are.  Returns whether it exists."""

    id: str
    status: str
    reason: str | None
    at: float
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class SaveReservation:
    """Insert, or do nothing if (user, app, reference) exists.  Returns the stored `ReservationRow`."""

    row: ReservationRow


@dataclass(frozen=True, slots=True)
class ChangeReservation:
    """Set status and reason of a reservation.  Returns whether it exists."""

    id: str
    status: str
    reason: str | None
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class LinkProvision:
    """Put a provision behind a reservation, or take it away (`linked` False).  Returns None."""

    reservation: str
    provision: str
    linked: bool


@dataclass(frozen=True, slots=True)
class SaveDecision:
    """Note what was decided about a reservation and why; a bounded tail is kept.  Returns None."""

    reservation: str
    at: float
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class AcceptCall:
    """Store a call with its first events.

    Returns the stored `AssignationRow`: the given one, or, if (user, app, reference) exists, the one that was
    there, unchanged (tell them apart by `id`).
    """

    row: AssignationRow
    events: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class ChangeCall:
    """One transition of a call together with its event: the only way in which a stored call changes.

    Applies only if the call stands where the decision saw it: `number` is its last event's number, and, for a
    write on behalf of an agent, `epoch` is the agent's newest.  None for a field means: as it is.
    """

    assignation: str
    number: int  # the last event's number that the decision saw
    events: tuple[EventRow, ...]  # numbered on from it
    status: str
    agent_epoch: (
        tuple[str, int] | None
    )  # (agent id, epoch) that must still be the newest; None: the server's own
    attempt: int | None = None
    seq: int | None = None
    provision: str | None = None
    agent: str | None = None
    reason: str | None = None
    returns: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    started_at: float | None = None
    ended_at: float | None = None
    unbind: bool = False  # set provision and agent to null (a retry)


class Outcome(Enum):
    """What became of a `ChangeCall`."""

    STORED = "stored"
    MOVED_ON = "moved on"  # the call no longer stands where the decision saw it
    LEASE_LOST = "lease lost"  # the epoch is not the newest


@dataclass(frozen=True, slots=True)
class SaveLogs:
    """Add log lines and keep the newest `keep` of each call.  Returns None."""

    rows: tuple[LogRow, ...]
    keep: int = 1000


@dataclass(frozen=True, slots=True)
class SaveProgress:
    """Set the newest progress of calls.  Returns None."""

    rows: tuple[ProgressRow, ...]


Command = (
    SaveOrganization
    | SaveUser
    | SaveClient
    | TouchClient
    | RevokeClient
    | SaveApp
    | ClaimAgent
    | RenewLeases
    | ChangeAgent
    | ReplaceDeclaration
    | SaveProvision
    | ChangeProvision
    | SaveReservation
    | ChangeReservation
    | LinkProvision
    | SaveDecision
    | AcceptCall
    | ChangeCall
    | SaveLogs
    | SaveProgress
)
