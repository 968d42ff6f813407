"""What may happen to a reservation.  Pure.

ROUTING → ACTIVE ⇄ WAITING → ENDED;  → REJECTED        (ACTIVE: at least `minimal_instances` active)
"""

from __future__ import annotations

from collections.abc import Sequence

from rekuest.api.enums import ReservationStatus as Status

LIVE = frozenset({Status.ROUTING, Status.ACTIVE, Status.WAITING})

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.ROUTING: frozenset({Status.ACTIVE, Status.WAITING, Status.ENDED, Status.REJECTED}),
    Status.ACTIVE: frozenset({Status.WAITING, Status.ENDED}),
    Status.WAITING: frozenset({Status.ACTIVE, Status.ENDED}),
    Status.ENDED: frozenset(),
    Status.REJECTED: frozenset(),
}


def standing(
    *, active: int, minimal: int, node: str, agents: Sequence[str]
) -> tuple[Status, str | None]:
    """Return where a live reservation stands and why, in plain words.

    Args:
        active: How many of its provisions are active.
        minimal: How many it needs.
        node: Name of the node.
        agents: Names of the connected agents that may run it.

    Returns:
        The status, and the reason; None if all is as wanted.
    """
    if active >= minimal:
        return Status.ACTIVE, None
    wanted = "1 instance" if minimal == 1 else f"{minimal} instances"
    if not agents:
        return Status.WAITING, f"needs {wanted} of {node!r}, no agent that provides it is connected"
    there = "1 agent is" if len(agents) == 1 else f"{len(agents)} agents are"
    return Status.WAITING, f"needs {wanted} of {node!r}, {there} connected: {', '.join(agents)}"
