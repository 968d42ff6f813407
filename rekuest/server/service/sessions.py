"""Opening and closing sessions.  Source: schema/PROTOCOL.md, 2, 6.4, 7."""

from __future__ import annotations

import logging

from rekuest.api import wire
from rekuest.protocol.closing import CLOSE_CODES
from rekuest.protocol.declare import DeclarationAssembler
from rekuest.server.domain.principal import Principal
from rekuest.server.service.agent import Agents
from rekuest.server.service.assignation import Assignations
from rekuest.server.service.context import Context
from rekuest.server.service.ids import new_id
from rekuest.server.service.recorder import Recorder
from rekuest.server.service.reservation import Reservations
from rekuest.server.service.session import Link, Session
from rekuest.server.store.commands import SaveApp
from rekuest.server.store.rows import AppRow

logger = logging.getLogger(__name__)

KNOWN_APPS = 10_000  # that need not be looked up when a session opens


class Sessions:
    """Which programs are there, and what ends with them."""

    def __init__(
        self,
        context: Context,
        recorder: Recorder,
        agents: Agents,
        assignations: Assignations,
        reservations: Reservations,
    ) -> None:
        self._view = context.view
        self._store = context.store
        self._clock = context.clock
        self._lease = context.rules.lease_duration
        self._recorder = recorder
        self._agents = agents
        self._assignations = assignations
        self._reservations = reservations
        self._apps: dict[tuple[str, str, str, str], AppRow] = {}
        # Until then, sessions that a former server knew may still come back; None: that time is over.
        self._orphans_until: float | None = None

    def start(self) -> None:
        """Give sessions of a former server the time of a lease to come back.  Source: 7.3."""
        self._orphans_until = self._clock.monotonic() + self._lease

    async def open(
        self, principal: Principal, hello: wire.Hello, link: Link
    ) -> tuple[Session, bool]:
        """Open a session, or give a known one its new socket.

        Returns:
            The session, and whether it was known.  Source: schema/PROTOCOL.md, 2.4.
        """
        app = await self._app(principal, hello.app)
        known = self._view.sessions.get((principal.user, app.identifier, hello.session_id))
        if known is not None:
            if known.link is not None:  # its end was not noticed yet; what waits in it is lost
                known.shut(CLOSE_CODES["REPLACED"], "this session has a newer connection")
                self.closed(known, known.link)
            known.principal, known.app, known.link, known.away_since = principal, app, link, None
            known.assembler = DeclarationAssembler()
            self._take_agent(known)
            return known, True
        session = Session(
            id=hello.session_id,
            principal=principal,
            app=app,
            instance_id=hello.instance_id,
            user_agent=hello.user_agent,
            link=link,
        )
        self._view.sessions[session.key] = session
        return session, self._take_over(session)

    def closed(self, session: Session, link: Link) -> None:
        """Note that a socket is gone; the session waits for another one as long as its lease."""
        if session.link is not link:
            return
        session.link = None
        session.away_since = self._clock.monotonic()
        agent = self._view.agents.get(session.agent or "")
        if agent is not None and agent.session is session:
            self._agents.away(agent)

    def end(self, session: Session, reason: str) -> None:
        """End a session: after `Goodbye`, or when its lease is over.  Source: PROTOCOL.md, 2.9, 6.4."""
        self._view.sessions.pop(session.key, None)
        agent = self._view.agents.get(session.agent or "")
        if agent is not None and agent.session is session:
            session.agent = None
            self._agents.lose(agent, reason)
        for follower in list(session.follows.values()):
            self._recorder.leave(follower)
        for id in sorted(session.reservations):
            if (reservation := self._view.reservations.get(id)) is not None:
                self._reservations.release(reservation, "its session has ended")
        session.reservations.clear()
        for call in list(self._view.calls.values()):
            key = (call.user, call.app, call.session_id)  # the id alone is the client's choice
            if call.cancel_on_disconnect and key == session.key and not call.is_over:
                self._assignations.cancel(call, reason="its caller is gone")

    def sweep(self, now: float) -> None:
        """End sessions that were away for longer than the lease.  `now` is monotonic."""
        for session in list(self._view.sessions.values()):
            if session.away_since is not None and now - session.away_since >= self._lease:
                self.end(session, "its connection was lost and did not come back in its lease")
        if self._orphans_until is not None and now >= self._orphans_until:
            self._orphans_until = None
            self._end_orphans()

    def _end_orphans(self) -> None:
        for reservation in list(self._view.reservations.values()):
            row = reservation.row
            if row.session_id and (row.user, row.app, row.session_id) not in self._view.sessions:
                self._reservations.release(reservation, "its session did not come back")
        for call in list(self._view.calls.values()):
            key = (call.user, call.app, call.session_id or "")
            if call.cancel_on_disconnect and key not in self._view.sessions and not call.is_over:
                self._assignations.cancel(call, reason="its caller is gone")

    def _take_over(self, session: Session) -> bool:
        """Give a session what a former server knew it to hold; returns whether it was known."""
        for reservation in self._view.reservations.values():
            row = reservation.row
            if (row.user, row.app, row.session_id) == session.key:
                session.reservations.add(row.id)
        identity = (session.app.id, session.principal.user, session.instance_id)
        agent = self._view.agents.get(self._view.agents_by_identity.get(identity, ""))
        if agent is not None and agent.row.session_id == session.id and agent.lapses_at is not None:
            session.agent, agent.session = agent.row.id, session
            self._take_agent(session)
            return True
        return bool(session.reservations)

    def _take_agent(self, session: Session) -> None:
        """Keep the lease of a returning agent until it has declared."""
        agent = self._view.agents.get(session.agent or "")
        if agent is not None and agent.session is session:
            agent.lapses_at = self._clock.monotonic() + self._lease

    async def _app(self, principal: Principal, identity: wire.AppIdentity) -> AppRow:
        key = (principal.organization, principal.user, identity.identifier, identity.version)
        known = self._apps.get(key)
        if known is not None:
            return known
        now = self._clock.now()
        row: AppRow = await self._store.write(
            SaveApp(
                AppRow(
                    id=new_id(now),
                    organization=principal.organization,
                    owner=principal.user,
                    identifier=identity.identifier,
                    version=identity.version,
                    is_blocked=False,
                    created_at=now,
                )
            )
        )
        if len(self._apps) >= KNOWN_APPS:  # identifier and version are the client's choice
            self._apps.clear()
        self._apps[key] = row
        return row
