"""Sending what has happened to a call to somebody who comes later.  Source: schema/PROTOCOL.md, 5.2, 5.4."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from rekuest.server.service.context import Context
from rekuest.server.service.recorder import Recorder
from rekuest.server.service.session import Follower, Session
from rekuest.server.service.translate import event_message
from rekuest.server.service.view import CallView
from rekuest.server.store.rows import AssignationRow, EventRow
from rekuest.server.store.store import StoreError

logger = logging.getLogger(__name__)

EVENTS_A_READ = 32  # each may be as large as a frame, and all of them are in memory at once


class Following:
    """Brings sessions up to date with calls: from the store, no faster than they read."""

    def __init__(self, context: Context, recorder: Recorder) -> None:
        self._view = context.view
        self._store = context.store
        self._tasks = context.tasks
        self._recorder = recorder

    def follow_stored(self, session: Session, row: AssignationRow, after: int) -> None:
        """Send the stored events of a call after a cursor, then its coming ones."""
        call = self._view.calls.get(row.id)
        if call is not None and call.is_over:
            call = None
        follower = Follower(session, row.id, after, is_behind=True)
        self._recorder.follow(call, follower)
        # Not in the session's turn: a long history must not keep its heartbeats waiting.
        self._tasks.spawn(self._catch_up(follower, call))

    async def _catch_up(self, follower: Follower, call: CallView | None) -> None:
        is_up_to_date = False
        try:
            is_up_to_date = await self._send_stored(follower)
        except StoreError as error:
            logger.warning("call %s cannot be read for a session: %s", follower.assignation, error)
            follower.session.shut(1011, "the record cannot be read; reconnect")
        finally:
            # A call whose last event is about to be stored is in the view no more, but tells its followers.
            if not is_up_to_date or call is None or follower not in call.followers:
                self._recorder.leave(follower)

    async def _send_stored(self, follower: Follower) -> bool:
        """Return True when everything is sent; False if the session can take no more."""
        while True:
            async with follower.session.reading:
                events = await self._read(follower)
                for event in events:
                    if follower.is_over or not await follower.session.has_room():
                        return False
                    follower.send(event_message(event))
            # What happened since the read began is in the store: only then are followers told.
            if not events or (len(events) < EVENTS_A_READ and follower.cursor >= follower.newest):
                follower.is_behind = False
                return True

    async def _read(self, follower: Follower) -> Sequence[EventRow]:
        return await self._store.read.assignations.events(
            follower.assignation, after=follower.cursor, first=EVENTS_A_READ
        )
