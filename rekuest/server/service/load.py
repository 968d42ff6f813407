"""Fills the view from the store: everything when the server starts, one call when the two have parted."""

from __future__ import annotations

from rekuest.api.enums import AgentStatus, AssignationStatus, ProvisionStatus, ReservationStatus
from rekuest.clock import Clock
from rekuest.server.domain.assignation import TERMINAL
from rekuest.server.service.translate import call_view
from rekuest.server.service.view import (
    AgentView,
    NodeView,
    ProvisionView,
    ReservationView,
    TemplateView,
    View,
)
from rekuest.server.store.rows import AgentRow, AppRow, ProvisionRow
from rekuest.server.store.store import LiveState, Store


async def load(view: View, store: Store, clock: Clock, lease: float) -> None:
    """Fill an empty view.  Agents get their full lease again.  Source: schema/PROTOCOL.md, 7.3."""
    live = await store.load_live()
    apps = {app.id: app for app in live.apps}
    for node in live.nodes:
        view.nodes[node.id] = NodeView(node)
    for row in live.templates:
        template = TemplateView(row, apps[row.app])
        view.templates[row.id] = template
        view.nodes[row.node].templates[row.id] = template
    lapses_at = clock.monotonic() + lease
    for agent in live.agents:
        _load_agent(view, agent, apps[agent.app], live, lapses_at)
    for provision in live.provisions:
        _load_provision(view, provision)
    _load_reservations(view, live)
    _load_calls(view, live, clock.monotonic() - clock.now())


def _load_agent(view: View, row: AgentRow, app: AppRow, live: LiveState, lapses_at: float) -> None:
    gone = row.status == AgentStatus.DISCONNECTED.value
    agent = AgentView(
        row=row,
        app=app,
        status=AgentStatus.DISCONNECTED if gone else AgentStatus.UNREACHABLE,
        epoch=row.epoch,
        digest=row.digest,
        session=None,
        lapses_at=None if gone else lapses_at,
    )
    for id in live.declared.get(row.id, frozenset()):
        template = view.templates[id]
        agent.templates[template.row.interface] = id
        if not gone:
            template.agents.add(row.id)
    view.add_agent(agent)


def _load_provision(view: View, row: ProvisionRow) -> None:
    template = view.templates[row.template]
    status = ProvisionStatus(row.status)
    view.add_provision(
        ProvisionView(
            id=row.id,
            template=row.template,
            interface=template.row.interface,
            agent=row.agent,
            node=template.row.node,
            # Nobody is connected yet; an agent that returns is asked again.
            status=status if status is ProvisionStatus.ENDING else ProvisionStatus.UNREACHABLE,
            credits=row.credits,
        )
    )


def _load_reservations(view: View, live: LiveState) -> None:
    for row in live.reservations:
        id = row.id
        reservation = ReservationView(
            row=row, status=ReservationStatus(row.status), reason=row.reason
        )
        view.reservations[id] = reservation
        view.reservations_by_key[(row.user, row.app, row.reference)] = id
        for provision_id in live.linked.get(id, frozenset()):
            if (provision := view.provisions.get(provision_id)) is not None:
                reservation.provisions.add(provision_id)
                provision.reservations.add(id)


def _load_calls(view: View, live: LiveState, offset: float) -> None:
    users = {user.id: user for user in live.users}
    for row in live.assignations:
        call = call_view(row, users.get(row.user), offset)
        if call.status in TERMINAL:
            continue
        view.add_call(call)
        if call.status is AssignationStatus.QUEUED:
            reservation = view.reservations.get(call.reservation)
            if reservation is not None:
                reservation.waiting.append(call)
        elif (provision := view.provisions.get(call.provision or "")) is not None:
            provision.working.add(call.id)
