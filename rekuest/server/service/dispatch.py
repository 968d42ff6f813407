"""Gives waiting calls to free provisions: QUEUED → BOUND."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from rekuest.api import wire
from rekuest.api.enums import AssignationEventKind as Kind
from rekuest.api.enums import ProvisionStatus, Strategy
from rekuest.server.domain.scheduling import Candidate, choose
from rekuest.server.service.context import Context
from rekuest.server.service.recorder import Recorder
from rekuest.server.service.view import CallView, ProvisionView, ReservationView


class Dispatcher:
    """Binds calls to provisions within their credits.  Source: schema/PROTOCOL.md, 4.2."""

    def __init__(self, context: Context, recorder: Recorder) -> None:
        self._view = context.view
        self._recorder = recorder
        self._clock = context.clock
        self._random = Random()
        # Called when a reservation has waiting calls and nowhere to run them.
        self.on_short: Callable[[ReservationView], None] = lambda reservation: None
        # Called when a provision that no reservation needs has done its last call.
        self.on_idle: Callable[[ProvisionView], None] = lambda provision: None

    def place(self, call: CallView) -> bool:
        """Choose a provision for a call that stands at QUEUED and take its credit; changes no status.

        Returns:
            Whether there was one; if not, the call is put into its reservation's queue.
        """
        reservation = self._view.reservations[call.reservation]
        provision = None if reservation.waiting else self._choose(reservation)
        if provision is None:
            reservation.waiting.append(call)
            self.on_short(reservation)
            return False
        self._take(call, reservation, provision)
        return True

    def drain(self, reservation: ReservationView) -> None:
        """Bind as many waiting calls as there are free credits."""
        while (call := self._next(reservation)) is not None:
            provision = self._choose(reservation)
            if provision is None:
                self.on_short(reservation)
                return
            reservation.waiting.discard(call)
            self._take(call, reservation, provision)
            self._recorder.change(
                call,
                Kind.BOUND,
                attempt=call.attempt,
                seq=0,
                provision=call.provision,
                agent=call.agent,
                after=lambda call=call: self.send(call),  # type: ignore[misc]  # binds this call
            )

    def requeue(self, call: CallView) -> None:
        """Let a call that stands at QUEUED again go next; without its reservation it ends.  Source: 6.3."""
        reservation = self._view.reservations.get(call.reservation)
        if reservation is None:
            self._recorder.change(call, Kind.CANCELLED, reason="its reservation has ended")
            self._view.calls.pop(call.id, None)
            return
        reservation.waiting.put_first(call)
        self.drain(reservation)

    def send(self, call: CallView) -> None:
        """Send `Assign` for a bound call, if its agent can be reached now."""
        session = self._view.session_of(call.agent)
        if session is None or call.is_over or call.provision is None:
            return
        call.sent = True
        left = None
        if call.expires_at is not None:
            left = max(0.0, call.expires_at - self._clock.monotonic())
        session.send(
            wire.Assign(
                assignation=call.id,
                attempt=call.attempt,
                provision=call.provision,
                args=call.args,
                caller=wire.Principal(
                    user=call.user,
                    user_name=call.user_name,
                    app=call.app,
                    organization=call.organization,
                ),
                reservation=call.reservation,
                parent=call.parent,
                timeout=left,
                ephemeral=call.ephemeral,
            )
        )

    def free(self, call: CallView) -> None:
        """Give the credit of a call back and use it for the next one that waits."""
        provision = self._view.provisions.get(call.provision or "")
        if provision is None or call.id not in provision.working:
            return
        provision.working.discard(call.id)
        self.refill(provision)
        if not provision.working and not provision.reservations:
            self.on_idle(provision)

    def refill(self, provision: ProvisionView) -> None:
        """Use the free credits of a provision for calls that wait in any of its reservations."""
        for id in sorted(provision.reservations):
            if provision.free <= 0:
                return
            reservation = self._view.reservations.get(id)
            if reservation is not None and reservation.waiting:
                self.drain(reservation)

    def _next(self, reservation: ReservationView) -> CallView | None:
        return next((self._view.calls[id] for id in reservation.waiting), None)

    def _choose(self, reservation: ReservationView) -> ProvisionView | None:
        candidates = [
            Candidate(provision.id, provision.free, provision.last_used)
            for provision in map(self._view.provisions.get, reservation.provisions)
            if provision is not None
            and provision.status is ProvisionStatus.ACTIVE
            and provision.free > 0
        ]
        chosen = choose(
            Strategy(reservation.row.strategy),
            candidates,
            sticky=reservation.sticky,
            random=self._random,
        )
        return None if chosen is None else self._view.provisions[chosen]

    def _take(self, call: CallView, reservation: ReservationView, provision: ProvisionView) -> None:
        self._view.turn += 1
        provision.last_used = self._view.turn
        provision.working.add(call.id)
        reservation.sticky = provision.id
        call.provision, call.agent = provision.id, provision.agent
        call.attempt += 1
        call.seq = call.stored_seq = 0
        call.sent = False
