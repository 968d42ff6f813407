"""Calls of which the service and the record think differently, because a write failed, until they agree again.

The view runs ahead of the store: what was decided is there before it is recorded.  If it cannot be recorded, the
store is right.  Nobody was told of what it lacks: the call is set back, and its agent is made to say it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from rekuest.api.enums import AssignationStatus
from rekuest.server.domain.assignation import HELD, TERMINAL
from rekuest.server.service.context import Context
from rekuest.server.service.dispatch import Dispatcher
from rekuest.server.service.following import Following
from rekuest.server.service.recorder import Recorder
from rekuest.server.service.report import Reports
from rekuest.server.service.session import Session
from rekuest.server.service.view import CallView
from rekuest.server.store.rows import AssignationRow
from rekuest.server.store.store import StoreError

logger = logging.getLogger(__name__)


class Divergence:
    """Sets calls back to what the store says of them."""

    def __init__(
        self,
        context: Context,
        recorder: Recorder,
        dispatcher: Dispatcher,
        reports: Reports,
        following: Following,
    ) -> None:
        self._view = context.view
        self._store = context.store
        self._clock = context.clock
        self._tasks = context.tasks
        self._recorder = recorder
        self._dispatcher = dispatcher
        self._reports = reports
        self._following = following
        self._parted: dict[str, CallView] = {}  # by id
        self._is_mending = False
        # Set by the service: reminds of the times of a call that lives again.
        self.on_revived: Callable[[CallView], None] = lambda call: None

    def note(self, call: CallView) -> None:
        """Remember a call; the next sweep sets it back.  Not at once: a full disk stays full for a while."""
        self._parted[call.id] = call

    def mend(self) -> None:
        """Set back what was noted.  Called by the sweep."""
        if self._parted and not self._is_mending:
            self._tasks.spawn(self._mend())

    async def _mend(self) -> None:
        self._is_mending = True
        holders: set[Session] = set()
        try:
            self._recorder.flush()
            await self._store.write_all(())  # what is on its way arrives, or fails, first
            for call in list(self._parted.values()):
                row = await self._store.read.assignations.get(call.id, viewer=None)
                self._parted.pop(call.id, None)
                holder = self._set_back(call, row)
                if holder is not None:
                    holders.add(holder)
        except StoreError as error:
            logger.warning("calls cannot be compared with the record yet: %s", error)
        finally:
            self._is_mending = False
            for holder in holders:
                holder.shut(1011, "the record could not be written; reconnect")

    def _set_back(self, call: CallView, row: AssignationRow | None) -> Session | None:
        """Returns the session that is to say again what it has said of the call; None: there is none."""
        holder = None
        former = self._view.provisions.get(call.provision or "")
        self._take_out(call)
        if row is None:
            call.status = AssignationStatus.LOST
        elif (status := AssignationStatus(row.status)) in TERMINAL:
            call.status = status
            for follower in list(call.followers):
                self._following.follow_stored(follower.session, row, follower.cursor)
        else:
            _copy(row, call)
            holder = self._view.session_of(call.agent) if call.status in HELD else None
            self._put_in(call)
        if former is not None:
            self._dispatcher.refill(former)
        return holder

    def _take_out(self, call: CallView) -> None:
        if self._view.is_open(call):
            self._view.close_call(call)
        self._view.calls.pop(call.id, None)
        self._view.unsettled.pop(call.id, None)
        if (provision := self._view.provisions.get(call.provision or "")) is not None:
            provision.working.discard(call.id)

    def _put_in(self, call: CallView) -> None:
        logger.info("call %s is set back to %s", call.id, call.status.value)
        self._view.add_call(call)
        self.on_revived(call)
        if call.status is AssignationStatus.QUEUED:
            self._dispatcher.requeue(call)
            return
        provision = self._view.provisions.get(call.provision or "")
        agent = self._view.agents.get(call.agent or "")
        if provision is None or agent is None:
            self._reports.lost([call], "the agent was lost while the record could not be written")
        else:
            provision.working.add(call.id)


def _copy(row: AssignationRow, call: CallView) -> None:
    call.status, call.number = AssignationStatus(row.status), row.number
    call.attempt, call.seq, call.stored_seq = row.attempt, row.seq, row.seq
    call.provision, call.agent = row.provision, row.agent
    call.sent = call.status is not AssignationStatus.QUEUED
