"""Agents: who holds which lease, and what its loss causes.  Source: schema/PROTOCOL.md, 3.1, 3.2, 7."""

from __future__ import annotations

import logging

from rekuest.api import wire
from rekuest.api.enums import AgentStatus, AssignationStatus, ErrorCode
from rekuest.protocol.closing import CLOSE_CODES
from rekuest.server.bus import Ring
from rekuest.server.domain.assignation import HELD
from rekuest.server.service.context import Context
from rekuest.server.service.dispatch import Dispatcher
from rekuest.server.service.errors import RejectionError
from rekuest.server.service.ids import new_id
from rekuest.server.service.provision import Provisions
from rekuest.server.service.report import Reports
from rekuest.server.service.reservation import Reservations
from rekuest.server.service.saving import save
from rekuest.server.service.session import Session
from rekuest.server.service.view import AgentView
from rekuest.server.store.commands import (
    ChangeAgent,
    ClaimAgent,
    RenewLeases,
)
from rekuest.server.store.rows import AgentRow

logger = logging.getLogger(__name__)

REPLACED = CLOSE_CODES["REPLACED"]
CONNECTED = AgentStatus.CONNECTED
QUEUED = AssignationStatus.QUEUED

Identity = tuple[str, str, str]  # app id, user, instance id


class Agents:
    """Leases."""

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
        self._claiming: dict[Identity, Session] = {}  # identities whose claim is being stored

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
        templates = [self._view.templates[id] for id in agent.templates.values()]
        for template in templates:
            template.agents.discard(agent.row.id)
        self.refresh_reservations({template.row.node for template in templates})

    def settle(self) -> None:
        """Finish what a former server was stopped in the middle of: losing an agent is several writes."""
        for agent in self._view.agents.values():
            if agent.status is AgentStatus.DISCONNECTED and agent.provisions:
                self._end_contracts(agent, f"the agent {agent.row.instance_id!r} was lost")
        held = [call for call in self._view.calls.values() if call.status in HELD]
        gone = [call for call in held if (call.provision or "") not in self._view.provisions]
        self._reports.lost(gone, "what ran it was gone when the server started")
        for call in list(self._view.calls.values()):
            if call.status is QUEUED and call.reservation not in self._view.reservations:
                self._dispatcher.requeue(call)  # which ends it

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
        calls = {call.id: call for call in self._view.calls_of(agent)}
        # What has ended, but not in the store yet, may have to be said again.
        for call in self._view.unsettled.values():
            if call.agent == agent.row.id:
                calls[call.id] = call
        return [
            wire.Receipt(assignation=call.id, attempt=call.attempt, seq=call.stored_seq)
            for call in calls.values()
        ]

    async def claim(self, session: Session, takeover: bool) -> AgentView:
        """Return the agent that a session is, having claimed its identity and lease.  Source: 3.1, 3.2.

        Raises:
            RejectionError: Another session holds it, or the session has ended meanwhile.
            StoreError: The claim could not be stored.
        """
        agent = self._view.agents.get(session.agent or "")
        if agent is not None and agent.session is session and agent.status is CONNECTED:
            return agent
        identity = (session.app.id, session.principal.user, session.instance_id)
        if not takeover and self._is_held(identity, session):
            raise RejectionError(
                ErrorCode.AGENT_EXISTS,
                f"agent {session.instance_id!r} of app {session.app.identifier!r} is connected"
                " already; give this one another instance id, or ask for takeover",
            )
        self._claiming[identity] = session
        try:
            claim = ClaimAgent(self._claim_row(session, identity), True, at=self._clock.now())
            row = await self._store.write(claim)
        finally:
            if self._claiming.get(identity) is session:
                del self._claiming[identity]
        if row.session_id != session.id:
            raise RejectionError(ErrorCode.FORBIDDEN, f"agent {session.instance_id!r} is blocked")
        return self._hold(session, row)

    def _is_held(self, identity: Identity, session: Session) -> bool:
        """Return whether another session has an identity, or is about to."""
        known = self._view.agents.get(self._view.agents_by_identity.get(identity, ""))
        holder = known.session if known is not None else None
        if holder is not None and holder is not session and holder.link is not None:
            return True
        return self._claiming.get(identity, session) is not session

    def _claim_row(self, session: Session, identity: Identity) -> AgentRow:
        now = self._clock.now()
        return AgentRow(
            id=self._view.agents_by_identity.get(identity) or new_id(now),
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

    def _hold(self, session: Session, row: AgentRow) -> AgentView:
        agent = self._view.agents.get(row.id)
        if agent is None:
            agent = AgentView(row, session.app, CONNECTED, row.epoch, row.digest, session)
            self._view.add_agent(agent)
        elif row.epoch < agent.epoch:  # a later claim was faster
            raise RejectionError(ErrorCode.LEASE_LOST, "another session holds this agent now")
        elif agent.session is not session and agent.row.session_id != row.session_id:
            self._fence(agent, agent.session)
        agent.row, agent.epoch, agent.session = row, row.epoch, session
        agent.lapses_at = None
        agent.status = CONNECTED
        session.agent = row.id
        for id in agent.templates.values():
            self._view.templates[id].agents.add(row.id)
        if self._view.sessions.get(session.key) is not session:
            session.agent = None
            self.lose(agent, "its session ended while it declared")
            raise RejectionError(ErrorCode.LEASE_LOST, "this session has ended")
        if session.link is None:
            self.away(agent)
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

    def _become(self, agent: AgentView, status: AgentStatus) -> None:
        agent.status = status
        change = ChangeAgent(agent.row.id, agent.epoch, status.value, self._clock.now())
        ring = Ring("agent", agent.row.id)
        save(self._store, change, lambda: self._bus.publish(ring))
