"""A reservation as the program that made it holds it, across reconnects.  Source: schema/PROTOCOL.md, 6."""

from __future__ import annotations

import asyncio

from rekuest.api import enums, wire
from rekuest.errors import RejectedError, RekuestError
from rekuest.protocol.caller import ReservationChanged

__all__ = ["HELD", "Holding"]

_Status = enums.ReservationStatus
HELD = frozenset({_Status.ROUTING, _Status.ACTIVE, _Status.WAITING})


class Holding:
    """A reservation of one instance.  Not thread-safe."""

    def __init__(self, reference: str, node: str) -> None:
        self.reference = reference
        self.node = node  # its name, for errors
        self.reservation: str | None = (
            None  # the id, which a new session may change; None: not held
        )
        self.stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def request(self, node: str, *, wait: bool) -> wire.Reserve:
        """Return what asks for it.

        Args:
            node: The node's id.
            wait: Whether to wait for an agent if none is there.
        """
        return wire.Reserve(
            reference=self.reference,
            node=node,
            desired_instances=1,
            minimal_instances=1,
            strategy=enums.Strategy.LEAST_BUSY,
            apps=[],
            agents=[],
            templates=[],
            labels=[],
            wait=wait,
        )

    def changed(self, update: ReservationChanged) -> None:
        """Take note of where it stands."""
        if update.status not in HELD:
            self.reservation = None
            reason = update.reason or "nothing viable exists"
            code = str(update.code or enums.ErrorCode.ALREADY_ENDED)
            self.fail(RejectedError(f"cannot reserve node {self.node!r}: {reason}", code=code))
            return
        self.reservation = update.reservation
        if not self.stored.done():
            self.stored.set_result(None)

    def fail(self, error: RekuestError) -> None:
        """Raise an error at who waits for it to be stored."""
        if not self.stored.done():
            self.stored.set_exception(error)
            self.stored.exception()  # read here, as nobody may be waiting any more
