"""The reservations of a caller, across connections.  Source: schema/PROTOCOL.md, 6; owned by `CallerSession`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel

from rekuest.api import enums, wire
from rekuest.protocol.update import ReservationChanged, Update

__all__ = ["Reservations"]

_Status = enums.ReservationStatus


class Reservations:
    """What a session has reserved, asks for, or gives back.  Not thread-safe."""

    def __init__(self) -> None:
        self._asked: dict[str, wire.Reserve] = {}  # by reference, not answered
        self._held: dict[str, wire.Reserve] = {}  # by reservation, not ended
        self._released: dict[str, wire.Release] = {}  # by reservation, not answered

    def reserve(self, reserve: wire.Reserve) -> wire.Reserve:
        """Ask for a reservation; return what to send."""
        self._asked[reserve.reference] = reserve
        return reserve

    def release(self, reservation: str) -> wire.Release:
        """Give a reservation back; return what to send."""
        self._held.pop(reservation, None)
        release = self._released[reservation] = wire.Release(reservation=reservation)
        return release

    def opened(self, welcome: wire.Welcome) -> list[wire.ClientMessage]:
        """Return what to send first on a new connection.

        The reservations of a session that the server does not know any more have ended (6.4): they
        are asked for again.
        """
        if not welcome.resumed:
            held = {reserve.reference: reserve for reserve in self._held.values()}
            self._asked = held | self._asked
            self._held = {}
            self._released = {}
        return [*self._asked.values(), *self._released.values()]

    def receive(self, message: BaseModel) -> list[Update]:
        """Apply one message of the server; return what it means to the program."""
        method = _RECEIVERS.get(type(message))
        return [] if method is None else method(self, message)

    def _on_reserved(self, message: wire.Reserved) -> list[Update]:
        reserve = self._asked.pop(message.reference, None)
        if reserve is None:
            return []
        return self._changed(reserve, message)

    def _on_changed(self, message: wire.ReservationChanged) -> list[Update]:
        reserve = self._held.get(message.reservation)
        return [] if reserve is None else self._changed(reserve, message)

    def _changed(
        self, reserve: wire.Reserve, message: wire.Reserved | wire.ReservationChanged
    ) -> list[Update]:
        if message.status in (_Status.ENDED, _Status.REJECTED):
            self._held.pop(message.reservation, None)
        else:
            self._held[message.reservation] = reserve
        return [
            ReservationChanged(
                reserve.reference, message.reservation, message.status, message.reason
            )
        ]

    def _on_released(self, message: wire.Released) -> list[Update]:
        reserve = self._held.pop(message.reservation, None)
        if self._released.pop(message.reservation, None) is None and reserve is None:
            return []
        reference = None if reserve is None else reserve.reference
        return [ReservationChanged(reference, message.reservation, _Status.ENDED, None)]

    def _on_refused(self, message: wire.Refused) -> list[Update]:
        subject = message.subject or ""
        if message.message == "Reserve" and self._asked.pop(subject, None) is not None:
            return [
                ReservationChanged(subject, None, _Status.REJECTED, message.reason, message.code)
            ]
        if message.message == "Release" and self._released.pop(subject, None) is not None:
            # There is nothing to give back: it has ended.
            return [ReservationChanged(None, subject, _Status.ENDED, message.reason, message.code)]
        return []


_RECEIVERS: Final[dict[type[BaseModel], Callable[[Reservations, Any], list[Update]]]] = {
    wire.Reserved: Reservations._on_reserved,
    wire.ReservationChanged: Reservations._on_changed,
    wire.Released: Reservations._on_released,
    wire.Refused: Reservations._on_refused,
}
