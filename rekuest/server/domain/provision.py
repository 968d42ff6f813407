"""What may happen to a provision.  Pure: the one table of its transitions.

PENDING → PROVIDING → ACTIVE ⇄ UNREACHABLE → ENDING → ENDED;  → FAILED
"""

from __future__ import annotations

from rekuest.api.enums import ProvisionStatus as Status

LIVE = frozenset(
    {Status.PENDING, Status.PROVIDING, Status.ACTIVE, Status.UNREACHABLE, Status.ENDING}
)

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(
        {Status.PROVIDING, Status.UNREACHABLE, Status.ENDING, Status.ENDED, Status.FAILED}
    ),
    Status.PROVIDING: frozenset(
        {Status.ACTIVE, Status.UNREACHABLE, Status.ENDING, Status.ENDED, Status.FAILED}
    ),
    Status.ACTIVE: frozenset({Status.UNREACHABLE, Status.ENDING, Status.ENDED}),
    # A returning agent is asked again, and answers as it did the first time.
    Status.UNREACHABLE: frozenset(
        {Status.PROVIDING, Status.ACTIVE, Status.ENDING, Status.ENDED, Status.FAILED}
    ),
    Status.ENDING: frozenset({Status.ENDED}),
    Status.ENDED: frozenset(),
    Status.FAILED: frozenset(),
}


def may_become(status: Status, wanted: Status) -> bool:
    """Return whether a provision that stands at `status` may become `wanted`."""
    return wanted in TRANSITIONS[status]
