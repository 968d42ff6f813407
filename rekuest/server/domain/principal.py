"""On whose behalf something is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """User, app and organization of a request.  A token says who; the store says what they may."""

    user: str  # id of the user
    user_name: str  # for people and logs
    organization: str  # id of the organization
    app: str | None  # identifier of the app; None where the request comes from no app (GraphQL)
    client: str | None  # id of the OAuth2 client; None for an outside issuer
    expires_at: float | None  # POSIX seconds when the token ends; None: it does not
