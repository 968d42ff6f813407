"""The agent's side of its calls, across connections, without I/O.  Source: schema/PROTOCOL.md, 4.

`agent` carries out what `receive` and `opened` return.  For each thing that a function does the session
makes the message (`report`), which it numbers and keeps until the server has stored it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel

from rekuest.api import enums, wire
from rekuest.protocol.attempt import Asked, Attempt
from rekuest.protocol.refusal import refuse
from rekuest.protocol.report import Reporting, refuse_assign
from rekuest.protocol.work import (
    Continue,
    Control,
    Despawn,
    Hold,
    Instruction,
    Kill,
    Run,
    Send,
    Spawn,
    StepOn,
    Stop,
)

__all__ = [
    "AgentSession",
    "Continue",
    "Despawn",
    "Hold",
    "Instruction",
    "Kill",
    "Run",
    "Send",
    "Spawn",
    "StepOn",
    "Stop",
]

_ErrorCode = enums.ErrorCode

# Refusals after which the same message may be taken: it is kept and goes out after a reconnect.
_LATER: Final = frozenset({_ErrorCode.UNAVAILABLE, _ErrorCode.INTERNAL, _ErrorCode.RATE_LIMITED})
# Refusals of an event itself: `Failed` goes out in its place.
_UNFIT: Final = frozenset(
    {_ErrorCode.LIMIT_EXCEEDED, _ErrorCode.BAD_MESSAGE, _ErrorCode.OUT_OF_PLACE}
)


class AgentSession(Reporting):
    """The provisions and calls that one session works on.  Not thread-safe.

    It lives as long as the client's process; connections come and go.
    """

    def opened(self, welcome: wire.Welcome) -> list[Instruction]:
        """Return what to do first on a new connection: events to send again, work to give up.

        A session that goes on keeps the calls that the server believes it works on, and sends what is
        not stored.  Without it the server has ended everything already: it is given up.
        """
        if not welcome.resumed:
            return self._give_everything_up()
        believed = {receipt.assignation: receipt for receipt in welcome.believed}
        instructions: list[Instruction] = []
        for assignation, attempt in list(self._attempts.items()):
            receipt = believed.get(assignation)
            if receipt is None or receipt.attempt != attempt.assign.attempt:
                instructions += self._abandon(attempt)
                continue
            attempt.acknowledge(receipt.seq)
            instructions += [Send(event) for event in attempt.waiting()]
            self._forget_if_done(attempt)
        return instructions

    def receive(self, message: BaseModel) -> list[Instruction]:
        """Apply one message of the server; return what to do, in order.

        Messages that are no business of an agent's calls, such as `Declared`, ask for nothing here.
        """
        method = _RECEIVERS.get(type(message))
        return [] if method is None else method(self, message)

    def _on_provide(self, message: wire.Provide) -> list[Instruction]:
        if message.provision not in self._provisions:
            self._provisions[message.provision] = None
            return [Spawn(message.provision, message.interface)]
        answer = self._provisions[message.provision]
        return [] if answer is None else [Send(answer)]

    def _on_unprovide(self, message: wire.Unprovide) -> list[Instruction]:
        if message.provision not in self._provisions:
            return [Send(wire.Unprovided(provision=message.provision))]
        return [*self._stop_calls_of(message.provision), Despawn(message.provision)]

    def _on_assign(self, message: wire.Assign) -> list[Instruction]:
        known = self._attempts.get(message.assignation)
        if known is not None and known.assign.attempt == message.attempt:
            # The server has no answer yet; it may have been lost with a connection.
            return [Send(event) for event in known.waiting()]
        if (message.assignation, message.attempt) in self._forgotten:
            return []
        if known is not None and known.assign.attempt > message.attempt:
            reason = f"attempt {known.assign.attempt} of this call was assigned already"
            return [Send(refuse_assign(message, _ErrorCode.STALE, reason))]
        if not isinstance(self._provisions.get(message.provision), wire.Provided):
            reason = "this agent does not provide that; provide it first"
            return [Send(refuse_assign(message, _ErrorCode.NOT_FOUND, reason))]
        given_up = [] if known is None else self._abandon(known)
        self._attempts[message.assignation] = Attempt(message)
        return [*given_up, Run(message)]

    def _on_cancel(self, message: wire.Cancel) -> list[Instruction]:
        attempt = self._attempts.get(message.assignation)
        if attempt is None:
            return [_not_found(message)]
        return self._ask(attempt, Asked.STOP)

    def _on_interrupt(self, message: wire.Interrupt) -> list[Instruction]:
        attempt = self._attempts.get(message.assignation)
        if attempt is None:
            return [_not_found(message)]
        return self._ask(attempt, Asked.KILL)

    def _on_control(self, message: Control) -> list[Instruction]:
        attempt = self._attempts.get(message.assignation)
        if attempt is None:
            return [_not_found(message)]
        if attempt.is_ended:
            return []
        number = attempt.assign.attempt
        match message:
            case wire.Pause():
                return [Hold(message, number)]
            case wire.Resume():
                return [Continue(message, number)]
            case wire.Step():
                return [StepOn(message, number)]

    def _on_acknowledged(self, message: wire.Acknowledged) -> list[Instruction]:
        for receipt in message.receipts:
            attempt = self._attempts.get(receipt.assignation)
            if attempt is not None and attempt.assign.attempt == receipt.attempt:
                attempt.acknowledge(receipt.seq)
                self._forget_if_done(attempt)
        return []

    def _on_refused(self, message: wire.Refused) -> list[Instruction]:
        if message.receipt is not None:
            return self._on_refused_event(message, message.receipt)
        is_provision = message.message in ("Provided", "Credits")
        if is_provision and message.subject in self._provisions and message.code not in _LATER:
            assert message.subject is not None  # it is a key
            return [*self._stop_calls_of(message.subject), Despawn(message.subject)]
        return []

    def _on_refused_event(self, message: wire.Refused, receipt: wire.Receipt) -> list[Instruction]:
        attempt = self._attempts.get(receipt.assignation)
        if attempt is None or attempt.assign.attempt != receipt.attempt:
            return []
        kept = [event.seq for event in attempt.unacknowledged]
        if receipt.seq not in kept or message.code in _LATER:
            return []
        if message.code is _ErrorCode.OUT_OF_PLACE and receipt.seq > kept[0]:
            return []  # what the server misses is still on the way, or goes out after a reconnect
        # A `Failed` of ours cannot be made any plainer.
        if message.code not in _UNFIT or message.message == "Failed" or receipt.seq == 1:
            return self._abandon(attempt)
        instructions = self._ask(attempt, Asked.STOP)
        return [*instructions, Send(self._fail(attempt, receipt.seq, message.reason))]

    def _ask(self, attempt: Attempt, asked: Asked) -> list[Instruction]:
        """Ask a function to end, once for each degree."""
        if attempt.is_ended or attempt.asked >= asked:
            return []
        attempt.asked = asked
        how = Stop if asked is Asked.STOP else Kill
        return [how(attempt.assign.assignation, attempt.assign.attempt)]

    def _abandon(self, attempt: Attempt) -> list[Instruction]:
        """Give a try up: its events are of no use to anybody."""
        instructions = self._ask(attempt, Asked.STOP)
        self._forget(attempt)
        return instructions

    def _stop_calls_of(self, provision: str) -> list[Instruction]:
        instructions: list[Instruction] = []
        for attempt in self._attempts.values():
            if attempt.assign.provision == provision:
                instructions += self._ask(attempt, Asked.STOP)
        return instructions

    def _give_everything_up(self) -> list[Instruction]:
        instructions: list[Instruction] = []
        for attempt in list(self._attempts.values()):
            instructions += self._abandon(attempt)
        for provision in self._provisions:
            instructions.append(Despawn(provision))
        return instructions


def _not_found(message: wire.Cancel | wire.Interrupt | Control) -> Send:
    reason = "this agent does not work on that call"
    return Send(refuse(message, _ErrorCode.NOT_FOUND, reason))


_RECEIVERS: Final[dict[type[BaseModel], Callable[[AgentSession, Any], list[Instruction]]]] = {
    wire.Provide: AgentSession._on_provide,
    wire.Unprovide: AgentSession._on_unprovide,
    wire.Assign: AgentSession._on_assign,
    wire.Cancel: AgentSession._on_cancel,
    wire.Interrupt: AgentSession._on_interrupt,
    wire.Pause: AgentSession._on_control,
    wire.Resume: AgentSession._on_control,
    wire.Step: AgentSession._on_control,
    wire.Acknowledged: AgentSession._on_acknowledged,
    wire.Refused: AgentSession._on_refused,
}
