"""Records what was decided about calls, then tells everybody who follows them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
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


@dataclass(slots=True, eq=False)
class _Change:
    """Events of one call that are stored together."""

    call: CallView
    agent_epoch: tuple[str, int] | None
    events: list[tuple[EventRow, After | None]] = field(default_factory=list)
    status: str = ""  # after the last of them
    columns: dict[str, Any] = field(default_factory=dict)  # further fields of `ChangeCall`

    @property
    def is_complete(self) -> bool:
        """Whether what comes next must be a write of its own: this one takes the call from its agent."""
        return bool(self.columns.get("unbind"))


class Recorder:
    """The second and third of the four steps for calls: record, deliver."""

    def __init__(self, context: Context) -> None:
        self._view = context.view
        self._store = context.store
        self._bus = context.bus
        self._clock = context.clock
        self._gathered: dict[
            str, _Change
        ] = {}  # by call id; stored at the end of this turn of the loop
        self.on_diverged: Callable[[CallView], None] = lambda call: None  # the store knows better

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
        call.status = status
        call.number += 1
        now = self._clock.now()
        words = {name: columns.get(name) for name in ("returns", "error", "reason")}
        event = EventRow(call.id, call.number, kind.value, call.attempt, seq, now, **words)
        if kind in TERMINAL_KINDS:
            self._view.close_call(call)
            columns["ended_at"] = now
            if not call.ephemeral:
                self._view.unsettled[call.id] = call
        elif kind is Kind.ACCEPTED:
            columns["started_at"] = now
        elif kind is Kind.YIELD:
            del columns["returns"]  # the event's alone: a stream has no result
        if call.ephemeral:
            self._deliver(call, event, after)
        else:
            self._gather(call, agent_epoch, event, after, {"seq": seq, **columns})
        return True

    def flush(self) -> None:
        """Hand to the store what was gathered since the last time."""
        gathered, self._gathered = self._gathered, {}
        for change in gathered.values():
            self._submit(change)

    def _gather(
        self,
        call: CallView,
        agent_epoch: tuple[str, int] | None,
        event: EventRow,
        after: After | None,
        columns: dict[str, Any],
    ) -> None:
        """Keep an event until the end of this turn of the loop: events of one frame are one write."""
        change = self._gathered.get(call.id)
        if change is not None and (change.agent_epoch != agent_epoch or change.is_complete):
            self._submit(self._gathered.pop(call.id))
            change = None
        if change is None:
            if not self._gathered:
                asyncio.get_running_loop().call_soon(self.flush)
            change = _Change(call, agent_epoch)
            self._gathered[call.id] = change
        change.events.append((event, after))
        change.status = call.status.value
        change.columns.update((name, value) for name, value in columns.items() if value is not None)

    def _submit(self, change: _Change) -> None:
        events = tuple(event for event, _ in change.events)
        command = ChangeCall(
            change.call.id,
            events[0].number - 1,
            events,
            change.status,
            agent_epoch=change.agent_epoch,
            **change.columns,
        )
        self._store.write(command).add_done_callback(partial(self._stored, change))

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

    def _stored(self, change: _Change, future: asyncio.Future[Any]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None and future.result() is Outcome.STORED:
            for event, after in change.events:
                self._deliver(change.call, event, after)
            return
        kinds = ", ".join(event.kind for event, _ in change.events)
        if error is not None and not isinstance(error, RekuestError):
            logger.error("recording %s of call %s failed", kinds, change.call.id, exc_info=error)
        else:
            why = error or future.result().value
            logger.warning("%s of call %s is not stored: %s", kinds, change.call.id, why)
        self.on_diverged(change.call)

    def _deliver(self, call: CallView, event: EventRow, after: After | None) -> None:
        message = event_message(event)
        for follower in call.followers:
            follower.deliver(message)
        self._bus.publish(Ring(f"assignation:{call.id}", call.id, event))
        self._bus.publish(Ring("assignation", call.id))
        if event.kind in TERMINAL_KINDS:
            self._view.unsettled.pop(call.id, None)
            followers, call.followers = call.followers, []
            for follower in followers:
                if not follower.is_behind:  # one that is leaves by itself, when it has caught up
                    self.leave(follower)
        if after is not None:
            after()
