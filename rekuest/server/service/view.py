"""What the service knows without asking the store: the living part of the record, with its sockets.

Loaded when the server starts, and changed only by the service, in step with what it records.  Nothing here
is the truth: a server that loses it reads it again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import (
    AgentStatus,
    AssignationStatus,
    PortDirection,
    Priority,
    ProvisionStatus,
    ReservationStatus,
)
from rekuest.server.domain import provision as provision_domain
from rekuest.server.domain.assignation import TERMINAL
from rekuest.server.service.session import Follower, Session
from rekuest.server.store.rows import AgentRow, AppRow, NodeRow, ReservationRow, TemplateRow
from rekuest.structures.check import Checker, compile_checker

PRIORITIES = (Priority.HIGH, Priority.NORMAL, Priority.LOW)


@dataclass(slots=True, eq=False)
class TemplateView:
    """One app's implementation of a node, with the agents that declare it now."""

    row: TemplateRow
    app: AppRow
    agents: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class NodeView:
    """A node with its implementations."""

    row: NodeRow
    templates: dict[str, TemplateView] = field(default_factory=dict)
    _checker: Checker | None = None

    @property
    def checker(self) -> Checker:
        """Checks arguments.  All templates of a node agree in what it looks at, so any will do."""
        if self._checker is None:
            body = next(iter(self.templates.values())).row.body
            ports = [wire.Port.model_validate(port) for port in body["ports"]]
            self._checker = compile_checker(ports, PortDirection.ARGUMENT)
        return self._checker

    @property
    def max_attempts(self) -> int:
        """Most attempts of a call after lost agents, the first one included."""
        policies = (template.row.body.get("retry") for template in self.templates.values())
        return max((policy["maxAttempts"] for policy in policies if policy), default=3)


@dataclass(slots=True, eq=False)
class AgentView:
    """An agent, with the session that holds its lease."""

    row: AgentRow
    app: AppRow
    status: AgentStatus
    epoch: int
    digest: str | None
    session: Session | None
    templates: dict[str, str] = field(default_factory=dict)  # {interface: template id}
    provisions: set[str] = field(default_factory=set)
    lapses_at: float | None = None  # monotonic; None while it is connected


@dataclass(slots=True, eq=False)
class ProvisionView:
    """A provision that has not ended."""

    id: str
    template: str
    interface: str
    agent: str
    node: str
    status: ProvisionStatus
    credits: int
    working: set[str] = field(default_factory=set)  # ids of calls that hold a credit
    reservations: set[str] = field(default_factory=set)
    last_used: int = 0  # turn in which it took its last call

    @property
    def free(self) -> int:
        """How many more calls it takes now."""
        return self.credits - len(self.working) if self.status is ProvisionStatus.ACTIVE else 0

    @property
    def is_live(self) -> bool:
        """Whether it has not ended and is not about to."""
        return self.status in provision_domain.LIVE and self.status is not ProvisionStatus.ENDING


class WaitingCalls:
    """Ids of calls that wait in one reservation: the most urgent first, in turn among equals."""

    def __init__(self) -> None:
        self._queues: dict[Priority, OrderedDict[str, None]] = {
            priority: OrderedDict() for priority in PRIORITIES
        }

    def __len__(self) -> int:
        """How many wait."""
        high, normal, low = self._queues.values()
        return len(high) + len(normal) + len(low)

    def __iter__(self) -> Iterator[str]:
        """Give them in the order in which they go."""
        return chain.from_iterable(self._queues.values())

    def append(self, call: CallView) -> None:
        """Queue a call behind those of its priority."""
        self._queues[call.priority][call.id] = None

    def put_first(self, call: CallView) -> None:
        """Queue a call before those of its priority: it has had its turn once."""
        queue = self._queues[call.priority]
        queue[call.id] = None
        queue.move_to_end(call.id, last=False)

    def discard(self, call: CallView) -> None:
        """Take a call out; does nothing if it does not wait."""
        self._queues[call.priority].pop(call.id, None)


@dataclass(slots=True, eq=False)
class ReservationView:
    """A reservation that has not ended, with the calls that wait in it."""

    row: ReservationRow
    status: ReservationStatus
    reason: str | None
    provisions: set[str] = field(default_factory=set)
    sticky: str | None = None
    is_stored: bool = True  # or about to be
    is_exhausted: bool = False  # every place has an instance; found anew when agents change
    waiting: WaitingCalls = field(default_factory=WaitingCalls)


@dataclass(slots=True, eq=False)
class CallView:
    """A call that has not ended, or whose agent has not said yet that its code has."""

    id: str
    reference: str
    organization: str
    user: str
    user_name: str
    app: str
    node: str
    reservation: str
    args: dict[str, Any]
    status: AssignationStatus
    number: int
    attempt: int
    seq: int
    priority: Priority
    wait: bool
    ephemeral: bool
    cancel_on_disconnect: bool
    session_id: str | None
    parent: str | None
    deadline: float | None  # POSIX seconds
    queue_deadline: float | None
    expires_at: float | None = None  # the same, by the monotonic clock
    queue_expires_at: float | None = None
    provision: str | None = None
    agent: str | None = None
    accepted: bool = True  # its first row is on the disk
    sent: bool = False  # its Assign may have reached the agent
    stored_seq: int = 0  # last event of the agent in this attempt that is on the disk
    children: set[str] = field(default_factory=set)
    followers: list[Follower] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether it has its terminal event."""
        return self.status in TERMINAL

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it among all calls: (user, app identifier, reference)."""
        return self.user, self.app, self.reference


class View:
    """Everything that lives, by id, with the few other ways in which it is looked up."""

    def __init__(self) -> None:
        self.nodes: dict[str, NodeView] = {}
        self.templates: dict[str, TemplateView] = {}
        self.agents: dict[str, AgentView] = {}
        self.agents_by_identity: dict[tuple[str, str, str], str] = {}  # (app id, user, instance)
        self.provisions: dict[str, ProvisionView] = {}
        self.reservations: dict[str, ReservationView] = {}
        self.reservations_by_key: dict[tuple[str, str, str], str] = {}
        self.calls: dict[str, CallView] = {}
        self.calls_by_key: dict[tuple[str, str, str], str] = {}
        self.open_calls: dict[str, int] = {}  # {user id: calls that have not ended}
        self.sessions: dict[tuple[str, str, str], Session] = {}
        # Calls that have ended here while the store does not know it yet, by id.
        self.unsettled: dict[str, CallView] = {}
        self.turn = 0  # counts bindings, so that the longest unused provision can be told

    def add_call(self, call: CallView) -> None:
        """Index a call that has not ended."""
        self.calls[call.id] = call
        self.calls_by_key[call.key] = call.id
        self.open_calls[call.user] = self.open_calls.get(call.user, 0) + 1
        if call.parent is not None and (parent := self.calls.get(call.parent)) is not None:
            parent.children.add(call.id)

    def close_call(self, call: CallView) -> None:
        """Take a call that has ended out of what the caller may have open."""
        self.calls_by_key.pop(call.key, None)
        if (reservation := self.reservations.get(call.reservation)) is not None:
            reservation.waiting.discard(call)
        left = self.open_calls.get(call.user, 0) - 1
        if left > 0:
            self.open_calls[call.user] = left
        else:
            self.open_calls.pop(call.user, None)
        if call.parent is not None and (parent := self.calls.get(call.parent)) is not None:
            parent.children.discard(call.id)

    def is_open(self, call: CallView) -> bool:
        """Return whether a call counts among those that the caller has open."""
        return self.calls_by_key.get(call.key) == call.id

    def add_agent(self, agent: AgentView) -> None:
        """Index an agent."""
        self.agents[agent.row.id] = agent
        identity = (agent.row.app, agent.row.user, agent.row.instance_id)
        self.agents_by_identity[identity] = agent.row.id

    def add_provision(self, provision: ProvisionView) -> None:
        """Index a provision."""
        self.provisions[provision.id] = provision
        self.agents[provision.agent].provisions.add(provision.id)

    def drop_provision(self, provision: ProvisionView) -> None:
        """Forget a provision that has ended."""
        self.provisions.pop(provision.id, None)
        if (agent := self.agents.get(provision.agent)) is not None:
            agent.provisions.discard(provision.id)
        for id in provision.reservations:
            if (reservation := self.reservations.get(id)) is not None:
                reservation.provisions.discard(provision.id)

    def calls_of(self, agent: AgentView) -> Iterator[CallView]:
        """Give each call that holds a credit on an agent."""
        for id in sorted(agent.provisions):
            provision = self.provisions.get(id)
            for call in sorted(provision.working) if provision else ():
                if call in self.calls:
                    yield self.calls[call]

    def session_of(self, agent: str | None) -> Session | None:
        """Return the session of an agent if it has a socket."""
        view = self.agents.get(agent) if agent is not None else None
        if view is None or view.session is None or view.session.link is None:
            return None
        return view.session

    def template_of(self, provision: ProvisionView) -> TemplateView:
        """Return what a provision provides."""
        return self.templates[provision.template]
