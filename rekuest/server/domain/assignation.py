"""What may happen to a call.  Pure: the one table of its transitions.

    QUEUED → BOUND → RUNNING ⇄ PAUSED; BOUND/RUNNING/PAUSED → QUEUED on retry (attempt + 1)
    live → CANCELLING → CANCELLED; live → INTERRUPTING → INTERRUPTED
    terminal: DONE FAILED CANCELLED INTERRUPTED EXPIRED LOST PARKED, each from every live state that can cause it

A call that nobody has started (QUEUED) ends at once when it is cancelled; one that an agent may be working on waits for
its word, because a state is never claimed before it is true.
"""

from __future__ import annotations

from rekuest.api.enums import AssignationEventKind as Kind
from rekuest.api.enums import AssignationStatus as Status

TERMINAL = frozenset(
    {
        Status.DONE,
        Status.FAILED,
        Status.CANCELLED,
        Status.INTERRUPTED,
        Status.EXPIRED,
        Status.LOST,
        Status.PARKED,
    }
)
WAITING = frozenset({Status.QUEUED})  # no agent has it
STOPPING = frozenset({Status.CANCELLING, Status.INTERRUPTING})
HELD = frozenset({Status.BOUND, Status.RUNNING, Status.PAUSED}) | STOPPING  # an agent may have it
LIVE = WAITING | HELD

TERMINAL_KINDS = frozenset(Kind(status.value) for status in TERMINAL)

# Where an event leads, by where the call stands.  What is not in the table cannot happen.
TRANSITIONS: dict[Kind, dict[Status, Status]] = {
    Kind.BOUND: {Status.QUEUED: Status.BOUND},
    Kind.ACCEPTED: {
        Status.BOUND: Status.RUNNING,
        # The order to stop crossed the agent's word that it has started.
        Status.CANCELLING: Status.CANCELLING,
        Status.INTERRUPTING: Status.INTERRUPTING,
    },
    Kind.YIELD: {
        Status.RUNNING: Status.RUNNING,
        Status.PAUSED: Status.PAUSED,
        Status.CANCELLING: Status.CANCELLING,
        Status.INTERRUPTING: Status.INTERRUPTING,
    },
    Kind.PAUSED: {
        Status.RUNNING: Status.PAUSED,
        Status.PAUSED: Status.PAUSED,
        Status.CANCELLING: Status.CANCELLING,
        Status.INTERRUPTING: Status.INTERRUPTING,
    },
    Kind.RESUMED: {
        Status.PAUSED: Status.RUNNING,
        Status.RUNNING: Status.RUNNING,
        Status.CANCELLING: Status.CANCELLING,
        Status.INTERRUPTING: Status.INTERRUPTING,
    },
    Kind.CANCELLING: {
        Status.BOUND: Status.CANCELLING,
        Status.RUNNING: Status.CANCELLING,
        Status.PAUSED: Status.CANCELLING,
    },
    Kind.INTERRUPTING: {
        Status.BOUND: Status.INTERRUPTING,
        Status.RUNNING: Status.INTERRUPTING,
        Status.PAUSED: Status.INTERRUPTING,
        Status.CANCELLING: Status.INTERRUPTING,
    },
    Kind.RETRIED: {status: Status.QUEUED for status in HELD - STOPPING},
    Kind.DONE: {status: Status.DONE for status in HELD},
    Kind.FAILED: {status: Status.FAILED for status in LIVE},
    Kind.CANCELLED: {status: Status.CANCELLED for status in LIVE},
    Kind.INTERRUPTED: {status: Status.INTERRUPTED for status in LIVE},
    Kind.EXPIRED: {status: Status.EXPIRED for status in LIVE},
    Kind.LOST: {status: Status.LOST for status in HELD},
    Kind.PARKED: {status: Status.PARKED for status in HELD},
}


def next_status(status: Status, kind: Kind) -> Status | None:
    """Return where `kind` leads a call that stands at `status`; None if it cannot happen there."""
    return TRANSITIONS[kind].get(status)


def after_loss(
    status: Status, *, sent: bool, idempotent: bool, attempt: int, max_attempts: int
) -> Kind:
    """Return what becomes of a call whose agent is gone.  Source: schema/PROTOCOL.md, 7.2.

    Args:
        status: Where the call stands; one of `HELD`.
        sent: Whether its `Assign` may have reached the agent.
        idempotent: Whether its node may be run again.
        attempt: Number of the attempt that is over, from 1.
        max_attempts: Most attempts, the first one included.
    """
    if status is Status.INTERRUPTING:
        return Kind.INTERRUPTED  # the process that ran it is gone: that is what was asked for
    if status is Status.CANCELLING:
        return Kind.CANCELLED if not sent else Kind.LOST
    if not sent:
        return Kind.RETRIED
    if not idempotent:
        return Kind.LOST
    return Kind.RETRIED if attempt < max_attempts else Kind.PARKED
