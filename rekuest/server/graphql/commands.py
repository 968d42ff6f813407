"""What mutations ask of the service.  Each returns once the change is stored, or raises with a code of ErrorCode."""

from __future__ import annotations

from typing import Protocol

from rekuest.api import wire
from rekuest.server.domain.principal import Principal
from rekuest.server.store.rows import AssignationRow, ReservationRow

__all__ = ["Commands"]


class Commands(Protocol):
    """The service, as far as GraphQL changes things."""

    async def assign(self, principal: Principal, message: wire.Call) -> str:
        """Accept a call; returns its id, of the earlier one if the reference is known."""

    async def cancel(self, principal: Principal, id: str) -> AssignationRow:
        """Ask a call to stop."""

    async def interrupt(self, principal: Principal, id: str) -> AssignationRow:
        """End a call by force."""

    async def reserve(self, principal: Principal, message: wire.Reserve) -> ReservationRow:
        """Make a reservation that no session holds."""

    async def release(self, principal: Principal, id: str) -> ReservationRow:
        """End a reservation."""
