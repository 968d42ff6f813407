"""Contracts between server and agents: asking for actors, and what becomes of them.

Source: schema/PROTOCOL.md, 4.1.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from rekuest.api import wire
from rekuest.api.enums import AgentStatus
from rekuest.api.enums import ProvisionStatus as Status
from rekuest.server.bus import Ring
from rekuest.server.domain.provision import may_become
from rekuest.server.service.context import Context
from rekuest.server.service.ids import new_id
from rekuest.server.service.saving import save
from rekuest.server.service.view import AgentView, ProvisionView, TemplateView
from rekuest.server.store.commands import ChangeProvision, SaveProvision
from rekuest.server.store.rows import ProvisionRow

logger = logging.getLogger(__name__)


class Provisions:
    """Keeps actors up on agents."""

    def __init__(self, context: Context) -> None:
        self._view = context.view
        self._store = context.store
        self._bus = context.bus
        self._clock = context.clock
        # Called when a provision starts or stops taking calls.
        self.on_changed: Callable[[ProvisionView], None] = lambda provision: None

    def create(self, agent: AgentView, template: TemplateView, reason: str) -> ProvisionView:
        """Decide that an agent is to provide a template; it is asked once that is stored."""
        now = self._clock.now()
        provision = ProvisionView(
            id=new_id(now),
            template=template.row.id,
            interface=template.row.interface,
            agent=agent.row.id,
            node=template.row.node,
            status=Status.PENDING,
            credits=0,
        )
        self._view.add_provision(provision)
        row = ProvisionRow(
            id=provision.id,
            template=provision.template,
            agent=provision.agent,
            status=provision.status.value,
            reason=reason,
            credits=0,
            created_at=now,
            changed_at=now,
        )
        logger.info("providing %r on %s: %s", provision.interface, agent.row.instance_id, reason)
        save(
            self._store,
            SaveProvision(row),
            lambda: self.ask(provision),
            lambda: self._view.drop_provision(provision),  # the next sweep finds that one is wanted
        )
        return provision

    def ask(self, provision: ProvisionView) -> None:
        """Send `Provide`, if the agent can be reached; again after a reconnect."""
        session = self._view.session_of(provision.agent)
        agent = self._view.agents.get(provision.agent)
        if session is None or agent is None or agent.status is not AgentStatus.CONNECTED:
            return
        if self.become(provision, Status.PROVIDING):
            session.send(wire.Provide(provision=provision.id, interface=provision.interface))

    def provided(self, provision: ProvisionView, credits: int) -> None:
        """Note that the actor is up and takes `credits` calls at a time."""
        provision.credits = credits
        if provision.status is not Status.ACTIVE:
            self.become(provision, Status.ACTIVE)
        else:
            self._save(provision, None)
            self.on_changed(provision)

    def failed(self, provision: ProvisionView, reason: str) -> None:
        """Note that the agent could not prepare the actor."""
        if self.become(provision, Status.FAILED, reason):
            logger.warning("providing %r failed: %s", provision.interface, reason)

    def end(self, provision: ProvisionView, reason: str) -> None:
        """Ask the agent to give the actor up; at once over if it cannot be asked."""
        session = self._view.session_of(provision.agent)
        if session is None:
            self.ended(provision, reason)
        elif self.become(provision, Status.ENDING, reason):
            session.send(wire.Unprovide(provision=provision.id))

    def ended(self, provision: ProvisionView, reason: str | None) -> None:
        """Note that the actor is gone."""
        self.become(provision, Status.ENDED, reason)

    def unreachable(self, provision: ProvisionView) -> None:
        """Note that the agent's socket is gone."""
        self.become(provision, Status.UNREACHABLE, "its agent's connection was lost")

    def become(self, provision: ProvisionView, status: Status, reason: str | None = None) -> bool:
        """Change where a provision stands; returns False, and does nothing, if it may not."""
        if not may_become(provision.status, status):
            return False
        provision.status = status
        self._save(provision, reason)
        if status in {Status.ENDED, Status.FAILED}:
            self._view.drop_provision(provision)
        self.on_changed(provision)
        return True

    def _save(self, provision: ProvisionView, reason: str | None) -> None:
        command = ChangeProvision(
            provision.id,
            provision.status.value,
            reason,
            self._clock.now(),
            provision.credits,
        )
        ring = Ring("provision", provision.id)
        save(self._store, command, lambda: self._bus.publish(ring))
