"""Contracts between users and server: instances of a node, kept for calls.  Source: schema/PROTOCOL.md, 6."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from rekuest.api import wire
from rekuest.api.enums import AgentStatus, ErrorCode, ProvisionStatus, Strategy
from rekuest.api.enums import AssignationEventKind as Kind
from rekuest.api.enums import ReservationStatus as Status
from rekuest.server.bus import Ring
from rekuest.server.domain.permissions import owns
from rekuest.server.domain.principal import Principal
from rekuest.server.domain.reservation import standing
from rekuest.server.domain.scheduling import Place, places_for
from rekuest.server.service.context import Context
from rekuest.server.service.dispatch import Dispatcher
from rekuest.server.service.errors import RejectionError
from rekuest.server.service.provision import Provisions
from rekuest.server.service.recorder import Recorder
from rekuest.server.service.saving import save
from rekuest.server.service.session import Session
from rekuest.server.service.translate import reservation_row
from rekuest.server.service.view import NodeView, ProvisionView, ReservationView
from rekuest.server.store.commands import (
    ChangeReservation,
    LinkProvision,
    SaveDecision,
    SaveReservation,
)
from rekuest.server.store.rows import ReservationRow

logger = logging.getLogger(__name__)

# References of reservations that the server makes begin with this; no caller's do.
IMPLICIT = "implicit:"

# Answers a request with the stored row, or with why there is none.
Answer = Callable[[ReservationRow | RejectionError], None]


class Reservations:
    """Keeps enough provisions behind each reservation."""

    def __init__(
        self,
        context: Context,
        recorder: Recorder,
        dispatcher: Dispatcher,
        provisions: Provisions,
    ) -> None:
        self._view = context.view
        self._store = context.store
        self._bus = context.bus
        self._clock = context.clock
        self._recorder = recorder
        self._dispatcher = dispatcher
        self._provisions = provisions

    def reserve(
        self, principal: Principal, message: wire.Reserve, session: Session | None, answer: Answer
    ) -> None:
        """Make a reservation; `answer` is called exactly once, after it is stored."""
        key = (principal.user, principal.app or "", message.reference)
        known = self._view.reservations.get(self._view.reservations_by_key.get(key, ""))
        if known is not None and not known.row.is_implicit:
            self._hold(known, session)
            answer(replace(known.row, status=known.status.value, reason=known.reason))
            return
        try:
            row = self._new_row(principal, message, session)
        except RejectionError as rejection:
            answer(rejection)
            return
        reservation = self._add(row)
        if not message.wait and not self.is_callable(reservation):
            self._drop(reservation)
            answer(no_agent(self._view.nodes[row.node]))
            return
        self._hold(reservation, session)
        # Before `ensure`, whose links and status change the row: the store writes in order.
        saved = self._store.write(SaveReservation(row))
        self.ensure(reservation)
        saved.add_done_callback(partial(self._saved, reservation, answer))

    def release(self, reservation: ReservationView, reason: str) -> None:
        """End a reservation: its waiting calls end, the running ones go on, idle provisions are given back."""
        for id in list(reservation.waiting):
            self._recorder.change(self._view.calls[id], Kind.CANCELLED, reason=reason)
            self._view.calls.pop(id, None)
        self._become(reservation, Status.ENDED, reason)
        self._let_go(reservation)

    def give_back(self, provision: ProvisionView) -> None:
        """End a provision that nobody needs: no reservation has it, and it has no call to work on."""
        if not provision.reservations and not provision.working and not self._is_kept(provision):
            self._provisions.end(provision, "no reservation needs it any more")

    def _let_go(self, reservation: ReservationView) -> None:
        """Forget a reservation, and what only it needed."""
        linked = [self._view.provisions[id] for id in sorted(reservation.provisions)]
        self._drop(reservation)
        for provision in linked:
            provision.reservations.discard(reservation.row.id)
            self.give_back(provision)

    def called(
        self, principal: Principal, message: wire.Call
    ) -> tuple[NodeView, ReservationView | None]:
        """Return what a call goes to; the reservation is None if it is to be the caller's implicit one.

        Raises:
            RejectionError: Neither, or both, or nothing that the principal may use is named.
        """
        if (message.node is None) == (message.reservation is None):
            raise RejectionError(
                ErrorCode.INVALID_INPUT, "give exactly one of node and reservation"
            )
        if message.reservation is None:
            return self._node(principal, message.node or ""), None
        reservation = self.own(principal, message.reservation)
        if reservation is None:
            raise RejectionError(ErrorCode.NOT_FOUND, f"no reservation {message.reservation!r}")
        return self._view.nodes[reservation.row.node], reservation

    def own(self, principal: Principal, id: str) -> ReservationView | None:
        """Return a reservation if it lives and is the principal's."""
        reservation = self._view.reservations.get(id)
        if reservation is not None and owns(
            principal, organization=reservation.row.organization, owner=reservation.row.user
        ):
            return reservation
        return None

    def implicit(self, principal: Principal, node: NodeView) -> ReservationView:
        """Return the reservation behind all calls of a node that name none; makes it for the first one."""
        reference = f"{IMPLICIT}{node.row.id}"
        key = (principal.user, principal.app or "", reference)
        known = self._view.reservations.get(self._view.reservations_by_key.get(key, ""))
        if known is not None:
            return known
        row = reservation_row(
            principal, node.row.id, reference, now=self._clock.now(), is_implicit=True
        )
        reservation = self._add(row)
        self._save(reservation)
        self.ensure(reservation)
        return reservation

    def sweep(self) -> None:
        """Make good what could not be done before: store what is not, provide what is wanted."""
        for reservation in list(self._view.reservations.values()):
            if not reservation.is_stored:
                self._save(reservation)
            wanted = reservation.row.desired_instances > len(reservation.provisions)
            if wanted and not reservation.is_exhausted:
                self.ensure(reservation)

    def _save(self, reservation: ReservationView) -> None:
        def failed() -> None:
            reservation.is_stored = False

        reservation.is_stored = True
        row = replace(reservation.row, status=reservation.status.value, reason=reservation.reason)
        save(self._store, SaveReservation(row), None, failed)

    def node_of(self, message: wire.Call) -> str | None:
        """Return the id of the node that a call means; None if it names nothing that lives."""
        if message.node is not None:
            return message.node
        reservation = self._view.reservations.get(message.reservation or "")
        return None if reservation is None else reservation.row.node

    def is_callable(self, reservation: ReservationView) -> bool:
        """Return whether an agent that may run its calls is connected or in its lease."""
        return any(True for _ in self._places(reservation, reachable=False))

    def short(self, reservation: ReservationView) -> None:
        """Make one more instance for calls outside any reservation, if all are busy and there is a place."""
        may_grow = reservation.row.is_implicit and not reservation.is_exhausted
        if may_grow and not _has_room(self._live(reservation)):
            self.ensure(reservation)

    def ensure(self, reservation: ReservationView) -> None:
        """Put as many provisions behind a reservation as it wants, and say where it stands."""
        live = self._live(reservation)
        reservation.is_exhausted = False
        wanted = reservation.row.desired_instances - len(live)
        if reservation.row.is_implicit and reservation.waiting and not _has_room(live):
            wanted = max(
                wanted, 1
            )  # calls wait and every instance is busy: one more, if there is a place
        if wanted > 0:
            self._provide(reservation, wanted)
        self.stand(reservation)

    def stand(self, reservation: ReservationView) -> None:
        """Find out where a reservation stands, and tell its session and the store if that is new."""
        row = reservation.row
        active = sum(
            self._view.provisions[id].status is ProvisionStatus.ACTIVE
            for id in reservation.provisions
        )
        names = {
            self._view.agents[place.agent].row.instance_id
            for place in self._places(reservation, reachable=True)
        }
        node = self._view.nodes[row.node].row.name
        status, reason = standing(
            active=active, minimal=row.minimal_instances, node=node, agents=sorted(names)
        )
        if (status, reason) != (reservation.status, reservation.reason):
            self._become(reservation, status, reason)

    def _live(self, reservation: ReservationView) -> list[ProvisionView]:
        provisions = map(self._view.provisions.get, sorted(reservation.provisions))
        return [one for one in provisions if one is not None and one.is_live]

    def _provide(self, reservation: ReservationView, wanted: int) -> None:
        places = sorted(self._places(reservation, reachable=True), key=lambda place: place.agent)
        there = {
            (provision.agent, provision.template): provision
            for provision in self._view.provisions.values()
            if provision.node == reservation.row.node and provision.is_live
        }
        for place in places:
            provision = there.get((place.agent, place.template))
            if wanted > 0 and provision and provision.id not in reservation.provisions:
                self._link(reservation, provision, "it is up already")
                wanted -= 1
        chosen = places_for(places, wanted=wanted, taken=frozenset(there))
        reservation.is_exhausted = len(chosen) < wanted
        for place in chosen:
            reason = f"{reservation.row.title or 'a reservation'} needs an instance"
            provision = self._provisions.create(
                self._view.agents[place.agent], self._view.templates[place.template], reason
            )
            self._link(reservation, provision, reason)

    def _link(self, reservation: ReservationView, provision: ProvisionView, reason: str) -> None:
        reservation.provisions.add(provision.id)
        provision.reservations.add(reservation.row.id)
        instance = self._view.agents[provision.agent].row.instance_id
        action = f"link {provision.interface!r} on {instance}"
        save(self._store, LinkProvision(reservation.row.id, provision.id, linked=True))
        save(
            self._store,
            SaveDecision(reservation.row.id, self._clock.now(), action=action, reason=reason),
        )

    def _places(self, reservation: ReservationView, *, reachable: bool) -> Iterator[Place]:
        """Give each (agent, template) that may run the reservation's calls.

        Args:
            reservation: The reservation.
            reachable: Only connected agents; otherwise also those in their lease.
        """
        row, wants = reservation.row, reservation.row.wants
        for template in self._view.nodes[row.node].templates.values():
            app = template.app
            if app.organization != row.organization or app.owner != row.user or app.is_blocked:
                continue
            if wants["apps"] and app.identifier not in wants["apps"]:
                continue
            if wants["templates"] and template.row.id not in wants["templates"]:
                continue
            if not set(wants["labels"]) <= set(template.row.body.get("labels", ())):
                continue
            for id in template.agents:
                agent = self._view.agents[id]
                if wants["agents"] and id not in wants["agents"]:
                    continue
                if agent.status is AgentStatus.CONNECTED or (
                    agent.status is AgentStatus.UNREACHABLE and not reachable
                ):
                    yield Place(id, template.row.id, len(agent.provisions))

    def _is_kept(self, provision: ProvisionView) -> bool:
        return bool(self._view.template_of(provision).row.body.get("autoprovide"))

    def _node(self, principal: Principal, id: str) -> NodeView:
        node = self._view.nodes.get(id)
        if node is None or not any(
            owns(principal, organization=template.app.organization, owner=template.app.owner)
            for template in node.templates.values()
        ):
            raise RejectionError(ErrorCode.NOT_FOUND, f"no node {id!r} that you may call")
        return node

    def _new_row(
        self, principal: Principal, message: wire.Reserve, session: Session | None
    ) -> ReservationRow:
        if not 1 <= len(message.reference) <= 200 or message.reference.startswith(IMPLICIT):
            raise RejectionError(
                ErrorCode.INVALID_INPUT,
                f"a reference has 1 to 200 characters and does not begin with {IMPLICIT!r}",
            )
        if not 1 <= message.minimal_instances <= message.desired_instances <= 1000:
            raise RejectionError(
                ErrorCode.INVALID_INPUT,
                "minimalInstances is at least 1 and at most desiredInstances, which is at most 1000",
            )
        node = self._node(principal, message.node)
        row = reservation_row(
            principal, node.row.id, message.reference, now=self._clock.now(), is_implicit=False
        )
        return replace(
            row,
            session_id=None if session is None else session.id,
            title=message.title,
            strategy=Strategy(message.strategy).value,
            desired_instances=message.desired_instances,
            minimal_instances=message.minimal_instances,
            wants={
                "apps": list(message.apps),
                "agents": list(message.agents),
                "templates": list(message.templates),
                "labels": list(message.labels),
            },
        )

    def _add(self, row: ReservationRow) -> ReservationView:
        reservation = ReservationView(row=row, status=Status(row.status), reason=row.reason)
        self._view.reservations[row.id] = reservation
        self._view.reservations_by_key[(row.user, row.app, row.reference)] = row.id
        return reservation

    def _drop(self, reservation: ReservationView) -> None:
        row = reservation.row
        self._view.reservations.pop(row.id, None)
        self._view.reservations_by_key.pop((row.user, row.app, row.reference), None)

    def _hold(self, reservation: ReservationView, session: Session | None) -> None:
        if session is not None:
            session.reservations.add(reservation.row.id)

    def _saved(
        self,
        reservation: ReservationView,
        answer: Answer,
        future: asyncio.Future[ReservationRow],
    ) -> None:
        if future.cancelled():
            return
        if (error := future.exception()) is not None:
            logger.error("reservation %s is not stored: %s", reservation.row.id, error)
            self._let_go(reservation)
            answer(RejectionError(ErrorCode.UNAVAILABLE, "the store does not answer; try again"))
        elif future.result().id != reservation.row.id:
            self._let_go(reservation)
            answer(
                RejectionError(
                    ErrorCode.ALREADY_ENDED,
                    f"the reservation {reservation.row.reference!r} has ended; use another reference",
                )
            )
        else:
            row, reason = reservation.row, reservation.reason
            answer(replace(row, status=reservation.status.value, reason=reason))

    def _become(self, reservation: ReservationView, status: Status, reason: str | None) -> None:
        reservation.status, reservation.reason = status, reason
        row = reservation.row
        ended_at = self._clock.now() if status is Status.ENDED else None
        change = ChangeReservation(row.id, status.value, reason, ended_at)
        ring = Ring("reservation", row.id)
        save(self._store, change, lambda: self._bus.publish(ring))
        session = self._view.sessions.get((row.user, row.app, row.session_id or ""))
        if session is not None and status is not Status.ENDED:
            active = sum(
                self._view.provisions[id].status is ProvisionStatus.ACTIVE
                for id in reservation.provisions
            )
            session.send(
                wire.ReservationChanged(
                    reservation=row.id, status=status, active_instances=active, reason=reason
                )
            )


def no_agent(node: NodeView) -> RejectionError:
    """Return the rejection of what nobody can run now."""
    return RejectionError(
        ErrorCode.NO_AGENT,
        f"no agent that provides {node.row.name!r} is connected; start one, or wait for it",
    )


def _has_room(provisions: list[ProvisionView]) -> bool:
    """Return whether one takes a call now, or will soon."""
    return any(
        provision.free > 0
        or provision.status in {ProvisionStatus.PENDING, ProvisionStatus.PROVIDING}
        for provision in provisions
    )
