"""Records what was decided about calls, then tells everybody who follows them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from rekuest.api.enums import AssignationEventKind as Kind
from rekuest.errors import RekuestError
from rekuest.server.bus import Ring
from rekuest.server.domain.assignation import TERMINAL_KINDS, next_status
from rekuest.server.service.context import Context
from rekuest.server.service.session import Follower
from rekuest.server.service.translate import event_message
from rekuest.server.service.view import CallView
from rekuest.server.store.commands import ChangeCall, Outcome
from rekuest.server.store.rows import EventRow

logger = logging.getLogger(__name__)

After = Callable[[], None]


class Recorder:
    """The second and third of the four steps for calls: record, deliver."""

    def __init__(self, context: Context) -> None:
        self._view = context.view
        self._store = context.store
        self._bus = context.bus
        self._clock = context.clock
        self.on_diverged: Callable[[CallView], object] = lambda call: None  # the store knows better

    def change(
        self,
        call: CallView,
        kind: Kind,
        *,
        agent_epoch: tuple[str, int] | None = None,
        seq: int | None = None,
        after: After | None = None,
        **columns: Any,
    ) -> bool:
        """Apply one event to a call: to the view now, to the store soon, then to its followers.

        Args:
            call: The call.
            kind: What happened.
            agent_epoch: On behalf of which agent; None: the server's own doing.
            seq: The agent's number of the event.
            after: What to do once it is stored.
            columns: Further fields of `ChangeCall`.

        Returns:
            Whether the event can happen where the call stands; if not, nothing was done.
        """
        status = next_status(call.status, kind)
        if status is None:
            return False
        before = call.number
        call.status = status
        call.number += 1
        now = self._clock.now()
        words = {name: columns.get(name) for name in ("returns", "error", "reason")}
        event = EventRow(call.id, call.number, kind.value, call.attempt, seq, now, **words)
        if kind in TERMINAL_KINDS:
            self._view.close_call(call)
            columns["ended_at"] = now
        elif kind is Kind.ACCEPTED:
            columns["started_at"] = now
        if call.ephemeral:
            self._deliver(call, event, after)
            return True
        command = ChangeCall(
            call.id, before, (event,), status.value, agent_epoch=agent_epoch, seq=seq, **columns
        )
        self._store.write(command).add_done_callback(partial(self._stored, call, event, after))
        return True

    def lossy(self, call: CallView, row: object, message: Any) -> None:
        """Pass on something that is not numbered: progress or a log line."""
        for follower in call.followers:
            follower.deliver(message)
        self._bus.publish(Ring(f"assignation:{call.id}", call.id, row))

    def follow(self, call: CallView | None, follower: Follower) -> None:
        """Send a call's coming events to a session; an older following of the same session ends.

        Args:
            call: The call; None: it has ended, nothing comes any more but what is stored.
            follower: Who gets them.
        """
        follows = follower.session.follows
        if (older := follows.get(follower.assignation)) is not None:
            self.leave(older)
        follows[follower.assignation] = follower
        if call is not None:
            call.followers.append(follower)

    def leave(self, follower: Follower) -> None:
        """Send nothing more to a follower; again does nothing."""
        follower.is_over = True
        if follower.session.follows.get(follower.assignation) is follower:
            del follower.session.follows[follower.assignation]
        call = self._view.calls.get(follower.assignation)
        if call is not None and follower in call.followers:
            call.followers.remove(follower)

    def _stored(
        self, call: CallView, event: EventRow, after: After | None, future: asyncio.Future[Any]
    ) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None and future.result() is Outcome.STORED:
            self._deliver(call, event, after)
            return
        if error is not None and not isinstance(error, RekuestError):
            logger.error("recording %s of call %s failed", event.kind, call.id, exc_info=error)
        else:
            why = error or future.result().value
            logger.warning("%s of call %s is not stored: %s", event.kind, call.id, why)
        self.on_diverged(call)

    def _deliver(self, call: CallView, event: EventRow, after: After | None) -> None:
        message = event_message(event)
        for follower in call.followers:
            follower.deliver(message)
        self._bus.publish(Ring(f"assignation:{call.id}", call.id, event))
        self._bus.publish(Ring("assignation", call.id))
        if event.kind in TERMINAL_KINDS:
            followers, call.followers = call.followers, []
            for follower in followers:
                if not follower.is_behind:  # one that is leaves by itself, when it has caught up
                    self.leave(follower)
        if after is not None:
            after()
