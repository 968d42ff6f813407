"""Agents: who holds which lease, what they declare, and what their loss causes.  Source: schema/PROTOCOL.md, 3, 7."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from rekuest.api import wire
from rekuest.api.enums import AgentStatus, ErrorCode, ProvisionStatus
from rekuest.definition import node_hash, validate_declaration
from rekuest.errors import RemoteProtocolError
from rekuest.protocol.closing import CLOSE_CODES
from rekuest.protocol.declare import Declaration
from rekuest.server.bus import Ring
from rekuest.server.service.context import Context
from rekuest.server.service.dispatch import Dispatcher
from rekuest.server.service.errors import Rejected
from rekuest.server.service.ids import new_id
from rekuest.server.service.provision import Provisions
from rekuest.server.service.report import Reports
from rekuest.server.service.reservation import Reservations
from rekuest.server.service.saving import save
from rekuest.server.service.session import Session
from rekuest.server.service.view import AgentView, NodeView, TemplateView
from rekuest.server.store.commands import (
    ChangeAgent,
    ClaimAgent,
    DeclaredTemplate,
    RenewLeases,
    ReplaceDeclaration,
)
from rekuest.server.store.rows import AgentRow, NodeRow, TemplateRow

logger = logging.getLogger(__name__)

REPLACED = CLOSE_CODES["REPLACED"]


class Agents:
    """Leases and declarations."""

    def __init__(
        self,
        context: Context,
        provisions: Provisions,
        reservations: Reservations,
        reports: Reports,
        dispatcher: Dispatcher,
    ) -> None:
        self._view = context.view
        self._store = context.store
        self._bus = context.bus
        self._clock = context.clock
        self._lease = context.rules.lease_duration
        self._provisions = provisions
        self._reservations = reservations
        self._reports = reports
        self._dispatcher = dispatcher

    async def declare(self, session: Session, message: wire.Declare) -> None:
        """Take one part of a declaration; the last one makes all of it visible."""
        try:
            agent = await self._claim(session, message.takeover)
            known = message.part == 0 and not message.templates and not message.structures
            if known and agent.digest == message.digest:
                self._declared(session, agent, message.digest, [])
                return
            if known and not message.last:
                self._answer(session, agent, message.digest, complete=False)
                return
            declaration = session.assembler.add(message)
            if declaration is not None:
                diagnostics = await self._replace(agent, declaration)
                self._declared(session, agent, declaration.digest, diagnostics)
        except Rejected as rejection:
            session.refuse(message, rejection.code, str(rejection), subject=message.digest)
        except RemoteProtocolError as error:
            session.refuse(message, error.code, str(error), subject=message.digest)

    def away(self, agent: AgentView) -> None:
        """Note that the socket of an agent is gone: its lease runs on.  Source: PROTOCOL.md, 7.1."""
        agent.lapses_at = self._clock.monotonic() + self._lease
        self._become(agent, AgentStatus.UNREACHABLE)
        for id in sorted(agent.provisions):
            self._provisions.unreachable(self._view.provisions[id])

    def lapse(self, now: float) -> None:
        """Take every agent for lost whose lease is over.  `now` is monotonic."""
        for agent in list(self._view.agents.values()):
            if agent.lapses_at is not None and agent.lapses_at <= now:
                name = agent.row.instance_id
                self.lose(agent, f"the agent {name!r} was lost and did not come back in its lease")

    def lose(self, agent: AgentView, reason: str) -> None:
        """End what an agent holds.  Source: schema/PROTOCOL.md, 7.2."""
        logger.info("agent %s is gone: %s", agent.row.instance_id, reason)
        agent.session, agent.lapses_at = None, None
        self._become(agent, AgentStatus.DISCONNECTED)
        self._end_contracts(agent, reason)
        self.refresh_reservations(
            {self._view.templates[id].row.node for id in agent.templates.values()}
        )

    def renew(self) -> None:
        """Extend the lease of every agent that has a socket."""
        held = tuple(
            (agent.row.id, agent.epoch)
            for agent in self._view.agents.values()
            if agent.status is AgentStatus.CONNECTED
        )
        if held:
            now = self._clock.now()
            save(self._store, RenewLeases(held, until=now + self._lease, at=now))

    def refresh_reservations(self, nodes: set[str]) -> None:
        """Look again at every reservation of these nodes: instances came or went."""
        for reservation in list(self._view.reservations.values()):
            if reservation.row.node in nodes:
                self._reservations.ensure(reservation)
                self._dispatcher.drain(reservation)

    def believed(self, session: Session) -> list[wire.Receipt]:
        """Return the calls that the session is held to be working on.  Source: PROTOCOL.md, 2.4."""
        agent = self._view.agents.get(session.agent or "")
        if agent is None:
            return []
        return [
            wire.Receipt(assignation=call.id, attempt=call.attempt, seq=call.stored_seq)
            for call in self._view.calls_of(agent)
        ]

    async def _claim(self, session: Session, takeover: bool) -> AgentView:
        if session.agent is not None:
            agent = self._view.agents[session.agent]
            if agent.session is session and agent.status is AgentStatus.CONNECTED:
                return agent
        identity = (session.app.id, session.principal.user, session.instance_id)
        known = self._view.agents.get(self._view.agents_by_identity.get(identity, ""))
        holder = known.session if known is not None else None
        held = holder is not None and holder is not session and holder.link is not None
        if held and not takeover:
            raise Rejected(
                ErrorCode.AGENT_EXISTS,
                f"agent {session.instance_id!r} of app {session.app.identifier!r} is connected"
                " already; give this one another instance id, or ask for takeover",
            )
        row = await self._store.write(
            ClaimAgent(self._claim_row(session, known), takeover=True, at=self._clock.now())
        )
        if row.session_id != session.id:
            raise Rejected(ErrorCode.FORBIDDEN, f"agent {session.instance_id!r} is blocked")
        return self._hold(session, row, known)

    def _claim_row(self, session: Session, known: AgentView | None) -> AgentRow:
        now = self._clock.now()
        return AgentRow(
            id=known.row.id if known is not None else new_id(now),
            app=session.app.id,
            user=session.principal.user,
            instance_id=session.instance_id,
            session_id=session.id,
            status=AgentStatus.CONNECTED.value,
            epoch=0,
            lease_expires_at=now + self._lease,
            digest=None,
            user_agent=session.user_agent,
            is_blocked=False,
            created_at=now,
            last_seen_at=now,
        )

    def _hold(self, session: Session, row: AgentRow, known: AgentView | None) -> AgentView:
        if known is None:
            agent = AgentView(
                row, session.app, AgentStatus.CONNECTED, row.epoch, row.digest, session
            )
            self._view.add_agent(agent)
        else:
            agent = known
            holder = agent.session
            if holder is not session and agent.row.session_id != row.session_id:
                self._fence(agent, holder)
            agent.row, agent.epoch, agent.session = row, row.epoch, session
        agent.lapses_at = None
        agent.status = AgentStatus.CONNECTED
        session.agent = row.id
        self._bus.publish(Ring("agent", row.id))
        return agent

    def _fence(self, agent: AgentView, holder: Session | None) -> None:
        """End what the session held that another one has replaced.  Source: PROTOCOL.md, 3.2, 7.2."""
        reason = f"the agent {agent.row.instance_id!r} was started anew"
        agent.status = AgentStatus.DISCONNECTED  # nothing is provided on it meanwhile
        self._end_contracts(agent, reason)
        if holder is not None:
            holder.agent = None
            holder.shut(REPLACED, "another session holds this agent now")

    def _end_contracts(self, agent: AgentView, reason: str) -> None:
        calls = list(self._view.calls_of(agent))
        for id in sorted(agent.provisions):
            self._provisions.ended(self._view.provisions[id], reason)
        self._reports.lost(calls, reason)

    async def _replace(self, agent: AgentView, declaration: Declaration) -> list[wire.Diagnostic]:
        now, organization = self._clock.now(), agent.app.organization
        taken, diagnostics = _examine(declaration.templates, organization, now)
        command = ReplaceDeclaration(
            agent=agent.row.id,
            epoch=agent.epoch,
            app=agent.app.id,
            organization=organization,
            digest=declaration.digest,
            templates=tuple(taken),
            structures=tuple(
                (new_id(now), one.identifier, one.description) for one in declaration.structures
            ),
            at=now,
        )
        ids = await self._store.write(command)
        if ids is None:
            raise Rejected(ErrorCode.LEASE_LOST, "another session holds this agent now")
        self._show(agent, declaration.digest, taken, ids)
        return diagnostics

    def _show(
        self,
        agent: AgentView,
        digest: str,
        taken: list[DeclaredTemplate],
        ids: dict[str, tuple[str, str]],
    ) -> None:
        """Make a stored declaration visible, and end the provisions of what is gone."""
        before = set(agent.templates.values())
        agent.digest = digest
        agent.templates = {interface: template for interface, (template, _) in ids.items()}
        for id in before - set(agent.templates.values()):
            self._view.templates[id].agents.discard(agent.row.id)
        now = self._clock.now()
        for one in taken:
            template_id, node_id = ids[one.interface]
            self._show_template(agent, one, template_id, node_id, now)
        for id in sorted(agent.provisions):
            provision = self._view.provisions[id]
            if provision.template not in agent.templates.values():
                self._provisions.end(provision, "its template is no longer declared")

    def _show_template(
        self, agent: AgentView, one: DeclaredTemplate, template_id: str, node_id: str, now: float
    ) -> None:
        node = self._view.nodes.get(node_id)
        if node is None:
            body = one.body
            row = NodeRow(
                id=node_id,
                hash=one.node_hash,
                organization=agent.app.organization,
                name=body["name"],
                kind=body["kind"],
                idempotent=body["idempotent"],
                pure=body["pure"],
                created_at=now,
            )
            node = self._view.nodes[node_id] = NodeView(row)
        template = self._view.templates.get(template_id)
        created = now if template is None else template.row.created_at
        row_ = TemplateRow(
            id=template_id,
            app=agent.app.id,
            node=node_id,
            interface=one.interface,
            body=one.body,
            is_declared=True,
            created_at=created,
        )
        if template is None:
            template = TemplateView(row_, agent.app)
            self._view.templates[template_id] = template
            node.templates[template_id] = template
        template.row = row_
        template.agents.add(agent.row.id)

    def _declared(
        self,
        session: Session,
        agent: AgentView,
        digest: str,
        diagnostics: list[wire.Diagnostic],
    ) -> None:
        """Answer, and bring the agent up to what is wanted of it."""
        self._answer(session, agent, digest, complete=True, diagnostics=diagnostics)
        for id in sorted(agent.provisions):
            provision = self._view.provisions[id]
            if provision.status is ProvisionStatus.ENDING:
                session.send(wire.Unprovide(provision=id))
            else:
                self._provisions.ask(provision)
        self.repeat_orders(session, agent)
        provided = {self._view.provisions[id].template for id in agent.provisions}
        for id in agent.templates.values():
            template = self._view.templates[id]
            if template.row.body.get("autoprovide") and id not in provided:
                self._provisions.create(agent, template, "its template is provided automatically")
        nodes = {self._view.templates[id].row.node for id in agent.templates.values()}
        self.refresh_reservations(nodes)
        for node in sorted(nodes):
            self._bus.publish(Ring("node", node))
        self._bus.publish(Ring("agent", agent.row.id))

    def repeat_orders(self, session: Session, agent: AgentView) -> None:
        """Send again what a returning agent may have missed.  Source: PROTOCOL.md, 4.3."""
        for call in self._view.calls_of(agent):
            if call.is_over:
                session.send(wire.Cancel(assignation=call.id))
            elif call.status.value == "BOUND":
                self._dispatcher.send(call)
            elif call.status.value == "CANCELLING":
                session.send(wire.Cancel(assignation=call.id))
            elif call.status.value == "INTERRUPTING":
                session.send(wire.Interrupt(assignation=call.id))

    def _answer(
        self,
        session: Session,
        agent: AgentView,
        digest: str,
        *,
        complete: bool,
        diagnostics: list[wire.Diagnostic] | None = None,
    ) -> None:
        session.send(
            wire.Declared(
                digest=digest,
                complete=complete,
                agent=agent.row.id,
                epoch=agent.epoch if complete else None,
                diagnostics=diagnostics or [],
            )
        )

    def _become(self, agent: AgentView, status: AgentStatus) -> None:
        agent.status = status
        change = ChangeAgent(agent.row.id, agent.epoch, status.value, self._clock.now())
        ring = Ring("agent", agent.row.id)
        save(self._store, change, lambda: self._bus.publish(ring))


def _examine(
    templates: Iterable[wire.TemplateDeclaration], organization: str, now: float
) -> tuple[list[DeclaredTemplate], list[wire.Diagnostic]]:
    """Return the templates that can be taken, and what is wrong with the others.  Source: PROTOCOL.md, 3.7."""
    taken: list[DeclaredTemplate] = []
    diagnostics: list[wire.Diagnostic] = []
    for template in templates:
        problems = validate_declaration(template)
        if problems:
            message = "; ".join(problems)
            diagnostics.append(
                wire.Diagnostic(interface=template.interface, accepted=False, message=message)
            )
            continue
        taken.append(
            DeclaredTemplate(
                id=new_id(now),
                node_id=new_id(now),
                node_hash=node_hash(organization, template),
                interface=template.interface,
                body=template.model_dump(mode="json", by_alias=True, exclude_none=True),
            )
        )
    return taken, diagnostics
