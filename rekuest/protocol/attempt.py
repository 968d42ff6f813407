"""One try of one call, as its agent keeps it.  Source: schema/PROTOCOL.md, 4.4, 4.5."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import IntEnum

from rekuest.api import wire
from rekuest.errors import LocalProtocolError

__all__ = ["Asked", "Attempt", "StoredEvent", "TERMINAL"]

StoredEvent = (
    wire.Accepted
    | wire.Yield
    | wire.Paused
    | wire.Resumed
    | wire.Done
    | wire.Failed
    | wire.Cancelled
    | wire.Interrupted
)

TERMINAL = (wire.Done, wire.Failed, wire.Cancelled, wire.Interrupted)
"""Events that nothing follows."""


class Asked(IntEnum):
    """How far a call was asked to end."""

    NOTHING = 0
    STOP = 1
    KILL = 2


class Attempt:
    """The events of one (assignation, attempt), from `Accepted` to the terminal one."""

    __slots__ = ("asked", "assign", "is_ended", "seq", "unacknowledged")

    def __init__(self, assign: wire.Assign) -> None:
        self.assign = assign
        self.seq = 0  # number of the last event
        self.is_ended = False  # whether a terminal event was made
        self.asked = Asked.NOTHING
        self.unacknowledged: deque[StoredEvent] = deque()  # in order, without gaps, up to `seq`

    def add(self, event: StoredEvent) -> None:
        """Take the next event; it is kept until it is acknowledged.

        Raises:
            LocalProtocolError: It is not the next one, or the first one is not `Accepted`.
        """
        if event.seq != self.seq + 1 or isinstance(event, wire.Accepted) != (event.seq == 1):
            raise LocalProtocolError(
                f"{type(event).__name__!r} of assignation {event.assignation!r} comes out of place; "
                "accept a call first, and once",
                code="OUT_OF_PLACE",
            )
        self.seq = event.seq
        self.is_ended = isinstance(event, TERMINAL)
        self.unacknowledged.append(event)

    def acknowledge(self, seq: int) -> None:
        """Forget everything up to and including an event."""
        while self.unacknowledged and self.unacknowledged[0].seq <= seq:
            self.unacknowledged.popleft()

    def take_back(self, seq: int) -> None:
        """Undo an event that is not acknowledged, and all after it; its number is free again."""
        while self.unacknowledged and self.unacknowledged[-1].seq >= seq:
            self.unacknowledged.pop()
            self.seq -= 1
        self.is_ended = False

    def waiting(self) -> Sequence[StoredEvent]:
        """Return what is not acknowledged, in order."""
        return tuple(self.unacknowledged)
