"""What an agent reports: messages numbered and kept until stored.  Source: schema/PROTOCOL.md, 4.4-4.6."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar

from rekuest.api import enums, wire
from rekuest.errors import LocalProtocolError
from rekuest.protocol.attempt import Attempt, StoredEvent
from rekuest.protocol.refusal import refuse
from rekuest.protocol.work import Control

__all__ = ["Reporting", "refuse_assign"]

_Event = TypeVar("_Event", bound=StoredEvent)

# Tries that have ended and are forgotten otherwise; an `Assign` of one of them is not run again.
REMEMBERED: Final = 1000

_LOG_CHARACTERS: Final = 10_000  # what the schema says at `Log.message`


def refuse_assign(assign: wire.Assign, code: enums.ErrorCode, reason: str) -> wire.Refused:
    """Return the `Refused` of an `Assign`; it names the try, before its first event."""
    receipt = wire.Receipt(assignation=assign.assignation, attempt=assign.attempt, seq=0)
    return refuse(assign, code, reason).model_copy(update={"receipt": receipt})


class Reporting:
    """The calls and provisions of an agent, and what is said about them.

    Methods that make a message of a call return None if the call's events are of no use any more: it
    has ended, or the server does not hold this session to be working on it.
    """

    def __init__(self) -> None:
        self._provisions: dict[str, wire.Provided | wire.ProvideFailed | None] = {}  # their answers
        self._attempts: dict[
            str, Attempt
        ] = {}  # the newest try of each call, until it is forgotten
        self._forgotten: dict[tuple[str, int], None] = {}  # tries that are over, oldest first

    def provided(self, provision: str, credits: int) -> wire.Provided:
        """Say that an actor is up and how many calls it takes; remembered, to be said again."""
        answer = wire.Provided(provision=provision, credits=credits)
        self._provisions[provision] = answer
        return answer

    def provide_failed(self, provision: str, error: wire.ExceptionInfo) -> wire.ProvideFailed:
        """Say that an actor could not be spawned; remembered, to be said again."""
        answer = wire.ProvideFailed(provision=provision, error=error)
        self._provisions[provision] = answer
        return answer

    def unprovided(self, provision: str, reason: str | None = None) -> wire.Unprovided:
        """Say that an actor is gone; its provision is forgotten.

        Args:
            provision: Which one.
            reason: Why the agent gives it up; None: it was asked to.
        """
        self._provisions.pop(provision, None)
        return wire.Unprovided(provision=provision, reason=reason)

    def credits(self, provision: str, credits: int) -> wire.Credits:
        """Change how many calls an actor takes at a time."""
        if isinstance(self._provisions.get(provision), wire.Provided):
            self.provided(provision, credits)
        return wire.Credits(provision=provision, credits=credits)

    def accept(self, assignation: str, attempt: int) -> wire.Accepted | None:
        """Say that a call is taken and starts."""
        return self._event(wire.Accepted, assignation, attempt)

    def refuse(
        self, assignation: str, attempt: int, code: enums.ErrorCode, reason: str
    ) -> wire.Refused | None:
        """Say that a call cannot be taken, before it is accepted; the server assigns it elsewhere."""
        found = self._live(assignation, attempt)
        if found is None:
            return None
        del self._attempts[assignation]
        return refuse_assign(found.assign, code, reason)

    def refuse_control(self, message: Control, code: enums.ErrorCode, reason: str) -> wire.Refused:
        """Say that a call cannot be held or let go on: usually `CANNOT_PAUSE`."""
        return refuse(message, code, reason)

    def yield_(self, assignation: str, attempt: int, returns: dict[str, Any]) -> wire.Yield | None:
        """Say that a generator gave a value."""
        return self._event(wire.Yield, assignation, attempt, returns=returns)

    def paused(self, assignation: str, attempt: int) -> wire.Paused | None:
        """Say that a call holds at a breakpoint."""
        return self._event(wire.Paused, assignation, attempt)

    def resumed(self, assignation: str, attempt: int) -> wire.Resumed | None:
        """Say that a call goes on."""
        return self._event(wire.Resumed, assignation, attempt)

    def done(
        self, assignation: str, attempt: int, returns: dict[str, Any] | None
    ) -> wire.Done | None:
        """Say that a function has returned, or a generator is exhausted (`returns` is None)."""
        return self._event(wire.Done, assignation, attempt, returns=returns)

    def failed(
        self, assignation: str, attempt: int, error: wire.ExceptionInfo
    ) -> wire.Failed | None:
        """Say that a function raised, or that its values do not fit its ports."""
        return self._event(wire.Failed, assignation, attempt, error=error)

    def cancelled(self, assignation: str, attempt: int) -> wire.Cancelled | None:
        """Say that a function has ended because it was cancelled."""
        return self._event(wire.Cancelled, assignation, attempt)

    def interrupted(self, assignation: str, attempt: int) -> wire.Interrupted | None:
        """Say that a function was ended by force, once it has really ended."""
        return self._event(wire.Interrupted, assignation, attempt)

    def replace(self, event: StoredEvent, error: LocalProtocolError) -> wire.Failed | None:
        """Return the `Failed` that goes out in place of an event that cannot be sent.  Source: 1.8.

        Args:
            event: What this session made and the outbox did not take.
            error: Why.  Its text is what the caller reads.
        """
        found = self._attempts.get(event.assignation)
        if found is None or found.assign.attempt != event.attempt:
            return None
        return self._fail(found, event.seq, str(error))

    def progress(
        self,
        assignation: str,
        attempt: int,
        done: float,
        total: float | None = None,
        message: str | None = None,
    ) -> wire.Progress | None:
        """Say how far a call has come.  Lossy: not kept."""
        if self._live(assignation, attempt) is None:
            return None
        return wire.Progress(
            assignation=assignation, attempt=attempt, done=done, total=total, message=message
        )

    def log(
        self,
        assignation: str,
        attempt: int,
        *,
        level: enums.LogLevel,
        message: str,
        at: datetime,
        dropped: int = 0,
    ) -> wire.Log | None:
        """Say what a function logged, shortened.  Lossy: not kept.

        Args:
            assignation: Which call.
            attempt: Which try.
            level: How serious.
            message: The line.
            at: When; aware.
            dropped: How many lines were left out just before it.
        """
        if self._live(assignation, attempt) is None:
            return None
        return wire.Log(
            assignation=assignation,
            attempt=attempt,
            level=level,
            message=message[:_LOG_CHARACTERS],
            at=at,
            dropped=dropped,
        )

    def backlog(self, assignation: str, attempt: int) -> int:
        """Count the events of a call that wait to be stored: a generator far ahead should wait too."""
        found = self._attempts.get(assignation)
        if found is None or found.assign.attempt != attempt:
            return 0
        return len(found.unacknowledged)

    def _event(
        self, event: type[_Event], assignation: str, attempt: int, **fields: Any
    ) -> _Event | None:
        found = self._live(assignation, attempt)
        if found is None:
            return None
        made = event(assignation=assignation, attempt=attempt, seq=found.seq + 1, **fields)
        found.add(made)
        return made

    def _live(self, assignation: str, attempt: int) -> Attempt | None:
        """Return a try whose events still count."""
        found = self._attempts.get(assignation)
        if found is None or found.assign.attempt != attempt or found.is_ended:
            return None
        return found

    def _fail(self, attempt: Attempt, seq: int, reason: str) -> wire.Failed:
        """End a try with `Failed` in place of an event and all after it."""
        attempt.take_back(seq)
        error = wire.ExceptionInfo(
            type="rekuest.errors.LocalProtocolError", message=reason[:_LOG_CHARACTERS], notes=[]
        )
        failed = wire.Failed(
            assignation=attempt.assign.assignation,
            attempt=attempt.assign.attempt,
            seq=attempt.seq + 1,
            error=error,
        )
        attempt.add(failed)
        return failed

    def _forget(self, attempt: Attempt) -> None:
        """Drop a try; only its name is remembered, for a while."""
        assign = attempt.assign
        del self._attempts[assign.assignation]
        self._forgotten[assign.assignation, assign.attempt] = None
        if len(self._forgotten) > REMEMBERED:
            del self._forgotten[next(iter(self._forgotten))]

    def _forget_if_done(self, attempt: Attempt) -> None:
        if attempt.is_ended and not attempt.unacknowledged:
            self._forget(attempt)
