"""Access tokens: JWTs of type `at+jwt` (RFC 9068), signed with Ed25519.  Read in one function, `TokenIssuer.verify`."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OKPKey

from rekuest.errors import ServerError

__all__ = ["MAX_TOKEN_LENGTH", "Claims", "TokenIssuer", "unauthenticated"]

ALGORITHMS = ["Ed25519"]  # RFC 9864. Pinned: what a token says about itself decides nothing
TOKEN_TYPE = "at+jwt"
LEEWAY = 60  # seconds that the clocks of issuer and reader may differ
MAX_TOKEN_LENGTH = 8192


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    user: str  # id; `sub`
    client_id: str  # the public half of the client's credentials
    organization: str  # id; `org`
    app: str | None  # the only app that the client may act as; None: any
    expires_at: float  # POSIX seconds; `exp`


def unauthenticated(reason: str) -> ServerError:
    """Return the error for a token that does not count."""
    return ServerError(f"the access token is not accepted: {reason}", code="UNAUTHENTICATED")


class TokenIssuer:
    """Issues and reads the tokens of one server.  Safe to use from any thread."""

    def __init__(self, key: OKPKey, *, lifetime: float, issuer: str | None = None) -> None:
        self._key = key
        self._public = OKPKey.import_key(key.as_dict(private=False))
        self.lifetime = lifetime  # seconds
        # The same for every port and host name under which this server is reached.
        self.issuer = issuer or f"urn:rekuest:server:{key.thumbprint()}"

    def issue(self, claims: Claims, *, now: float) -> str:
        """Return a signed token.  `claims.expires_at` is its end."""
        payload: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.issuer,
            "sub": claims.user,
            "client_id": claims.client_id,
            "org": claims.organization,
            "iat": int(now),
            "exp": int(claims.expires_at),
            "jti": token_urlsafe(12),
        }
        if claims.app is not None:
            payload["app"] = claims.app
        header = {"alg": ALGORITHMS[0], "typ": TOKEN_TYPE, "kid": self._key.kid}
        return jwt.encode(header, payload, self._key, algorithms=ALGORITHMS)

    def verify(self, token: str, *, now: float) -> Claims:
        """Return what a token of this server says.

        Raises:
            ServerError: `UNAUTHENTICATED`: not a token, not of this server, or not at this time.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise unauthenticated("it is too long")
        try:
            read = jwt.decode(token, self._public, algorithms=ALGORITHMS)
            self._check(read.header, read.claims, int(now))
        except ExpiredTokenError as exc:
            raise unauthenticated("it has expired; ask for a new one") from exc
        except (JoseError, ValueError, TypeError) as exc:
            raise unauthenticated("it is not a valid token of this server") from exc
        claims = read.claims
        return Claims(
            user=claims["sub"],
            client_id=claims["client_id"],
            organization=claims["org"],
            app=claims.get("app"),
            expires_at=float(claims["exp"]),
        )

    def _check(self, header: dict[str, Any], claims: dict[str, Any], now: int) -> None:
        """Raise unless type, issuer, audience and times are right.  The key id is a hint and proves nothing."""
        if str(header.get("typ", "")).lower().removeprefix("application/") != TOKEN_TYPE:
            raise ValueError("typ")
        if not isinstance(claims.get("app"), str | None):
            raise ValueError("app")
        for name in ("client_id", "org"):
            if not isinstance(claims.get(name), str):
                raise ValueError(name)
        jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.issuer},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
