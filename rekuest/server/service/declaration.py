"""Declarations: what agents say that they provide.  Source: schema/PROTOCOL.md, 3.3 to 3.7."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from rekuest.api import wire
from rekuest.api.enums import AssignationStatus as Status
from rekuest.api.enums import ErrorCode, ProvisionStatus
from rekuest.definition import node_hash, validate_declaration
from rekuest.errors import RemoteProtocolError
from rekuest.protocol.declare import Declaration
from rekuest.server.bus import Ring
from rekuest.server.domain.assignation import TERMINAL
from rekuest.server.service.agent import Agents
from rekuest.server.service.context import Context
from rekuest.server.service.dispatch import Dispatcher
from rekuest.server.service.errors import RejectionError
from rekuest.server.service.ids import new_id
from rekuest.server.service.provision import Provisions
from rekuest.server.service.session import Session
from rekuest.server.service.view import AgentView, NodeView, TemplateView
from rekuest.server.store.commands import DeclaredTemplate, ReplaceDeclaration
from rekuest.server.store.rows import NodeRow, TemplateRow

TEMPLATES_A_TURN = 50  # that are examined before others get their turn


# What an agent must hear again about a call that it may still work on, by where the call stands.  One that ended
# without the agent holds its credit until its code has stopped.
_ORDERS: dict[Status, type[wire.Cancel] | type[wire.Interrupt]] = {
    **dict.fromkeys(TERMINAL, wire.Cancel),
    Status.CANCELLING: wire.Cancel,
    Status.INTERRUPTING: wire.Interrupt,
}


class Declarations:
    """Makes visible what agents declare, and brings them up to what is wanted of them."""

    def __init__(
        self, context: Context, agents: Agents, provisions: Provisions, dispatcher: Dispatcher
    ) -> None:
        self._view = context.view
        self._store = context.store
        self._bus = context.bus
        self._clock = context.clock
        self._agents = agents
        self._provisions = provisions
        self._dispatcher = dispatcher

    async def declare(self, session: Session, message: wire.Declare) -> None:
        """Take one part of a declaration; the last one makes all of it visible."""
        try:
            agent = await self._agents.claim(session, message.takeover)
            known = message.part == 0 and not message.templates and not message.structures
            if known and agent.digest == message.digest:
                self._declared(session, agent, message.digest, [])
                return
            if known and not message.last:
                self._answer(session, agent, message.digest, complete=False)
                return
            declaration = session.assembler.add(message)
            if declaration is not None:
                diagnostics = await self._replace(session, agent, declaration)
                self._declared(session, agent, declaration.digest, diagnostics)
        except RejectionError as rejection:
            session.refuse(message, rejection.code, str(rejection), subject=message.digest)
        except RemoteProtocolError as error:
            session.refuse(message, error.code, str(error), subject=message.digest)

    async def _replace(
        self, session: Session, agent: AgentView, declaration: Declaration
    ) -> list[wire.Diagnostic]:
        now, organization, epoch = self._clock.now(), agent.app.organization, agent.epoch
        taken, diagnostics = await _examine(declaration.templates, organization, now)
        command = ReplaceDeclaration(
            agent=agent.row.id,
            epoch=epoch,
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
            raise RejectionError(ErrorCode.LEASE_LOST, "another session holds this agent now")
        self._show(agent, declaration.digest, taken, ids)
        if agent.session is not session:
            raise RejectionError(
                ErrorCode.LEASE_LOST, "this session lost its agent while it declared"
            )
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
        if agent.session is not None:
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
        self._repeat_orders(session, agent)
        provided = {self._view.provisions[id].template for id in agent.provisions}
        for id in agent.templates.values():
            template = self._view.templates[id]
            if template.row.body.get("autoprovide") and id not in provided:
                self._provisions.create(agent, template, "its template is provided automatically")
        nodes = {self._view.templates[id].row.node for id in agent.templates.values()}
        self._agents.refresh_reservations(nodes)
        for node in sorted(nodes):
            self._bus.publish(Ring("node", node))
        self._bus.publish(Ring("agent", agent.row.id))

    def _repeat_orders(self, session: Session, agent: AgentView) -> None:
        """Send again what a returning agent may have missed.  Source: PROTOCOL.md, 4.3."""
        for call in self._view.calls_of(agent):
            if call.status is Status.BOUND:
                self._dispatcher.send(call)
            elif (order := _ORDERS.get(call.status)) is not None:
                session.send(order(assignation=call.id))

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


async def _examine(
    templates: Iterable[wire.TemplateDeclaration], organization: str, now: float
) -> tuple[list[DeclaredTemplate], list[wire.Diagnostic]]:
    """Return the templates that can be taken, and what is wrong with the others.  Source: PROTOCOL.md, 3.7."""
    taken: list[DeclaredTemplate] = []
    diagnostics: list[wire.Diagnostic] = []
    for number, template in enumerate(templates):
        if number % TEMPLATES_A_TURN == TEMPLATES_A_TURN - 1:
            await asyncio.sleep(0)
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
