"""Who may do what.  Pure.  The policy today is OWN: users see and call what their own apps provide."""

from __future__ import annotations

from rekuest.server.domain.principal import Principal


def owns(principal: Principal, *, organization: str, owner: str) -> bool:
    """Return whether something of `owner` (a user id) in `organization` is the principal's own."""
    return principal.organization == organization and principal.user == owner
