"""Which access tokens count.  Fault 66 of the catalogue, as a table."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from rekuest.errors import ServerError
from rekuest.server.identity.keys import make_key
from rekuest.server.identity.tokens import Claims, TokenIssuer

NOW = 1_800_000_000.0
KEY = make_key()
ISSUER = TokenIssuer(KEY, lifetime=3600.0)
CLAIMS = Claims("u1", "client-1", "o1", None, NOW + 3600)


def payload(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good token with changes; None takes one away."""
    good: dict[str, Any] = {
        "iss": ISSUER.issuer,
        "aud": ISSUER.issuer,
        "sub": "u1",
        "client_id": "client-1",
        "org": "o1",
        "iat": int(NOW),
        "exp": int(NOW) + 3600,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(claims: dict[str, Any], *, key: OKPKey = KEY, **header: Any) -> str:
    """Return a token signed as the server signs."""
    full = {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.kid, **header}
    return jwt.encode(full, claims, key, algorithms=["Ed25519"])


def with_unknown_crit() -> str:
    """Return a token that says its reader must understand a header that nobody knows."""
    registry = JWSRegistry(
        {"exotic": HeaderParameter("no such thing", "bool")}, algorithms=["Ed25519"]
    )
    header = {"alg": "Ed25519", "typ": "at+jwt", "crit": ["exotic"], "exotic": True}
    return jwt.encode(header, payload(), KEY, algorithms=["Ed25519"], registry=registry)


def unsigned() -> str:
    """Return a token with `alg` none and no signature."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{part(payload())}."


def with_public_key_as_secret() -> str:
    """Return a token whose HMAC key is the server's public key, for a reader that believes the header."""
    secret = OctKey.import_key(str(KEY.as_dict(private=False)["x"]))
    return jwt.encode({"alg": "HS256", "typ": "at+jwt"}, payload(), secret, algorithms=["HS256"])


def with_own_key_in_header() -> str:
    """Return a token that brings the key it wants to be checked with."""
    own = make_key()
    return signed(payload(), key=own, jwk=own.as_dict(private=False))


def tampered() -> str:
    """Return a good token whose claims were changed afterwards."""
    header, _, signature = signed(payload()).split(".")
    body = base64.urlsafe_b64encode(json.dumps(payload(sub="admin")).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


REFUSED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token": lambda: "hello",
    "not ascii": lambda: "ä.ö.ü",
    "too long": lambda: "a" * 10_000,
    "alg none": unsigned,
    "hs256 with the public key": with_public_key_as_secret,
    "a key in the header": with_own_key_in_header,
    "another server's key": lambda: signed(payload(), key=make_key()),
    "tampered": tampered,
    "unknown crit": with_unknown_crit,
    "wrong typ": lambda: signed(payload(), typ="JWT"),
    "wrong iss": lambda: signed(payload(iss="https://evil.example")),
    "wrong aud": lambda: signed(payload(aud="https://storage.example")),
    "no iss": lambda: signed(payload(iss=None)),
    "no aud": lambda: signed(payload(aud=None)),
    "no sub": lambda: signed(payload(sub=None)),
    "no exp": lambda: signed(payload(exp=None)),
    "no org": lambda: signed(payload(org=None)),
    "no client": lambda: signed(payload(client_id=None)),
    "app of a wrong kind": lambda: signed(payload(app=["a"])),
    "expired": lambda: signed(payload(exp=int(NOW) - 61)),
    "not yet": lambda: signed(payload(nbf=int(NOW) + 61)),
    "from the future": lambda: signed(payload(iat=int(NOW) + 61)),
}


def test_a_token_says_what_it_was_issued_with() -> None:
    claims = Claims("u1", "client-1", "o1", "my-app", NOW + 3600)
    assert ISSUER.verify(ISSUER.issue(claims, now=NOW), now=NOW + 10) == claims


def test_a_token_of_its_key_after_a_restart_still_counts() -> None:
    again = TokenIssuer(OKPKey.import_key(KEY.as_dict(private=True)), lifetime=3600.0)
    assert again.verify(ISSUER.issue(CLAIMS, now=NOW), now=NOW) == CLAIMS


def test_clocks_may_differ_a_little() -> None:
    assert ISSUER.verify(signed(payload(exp=int(NOW) - 30)), now=NOW).user == "u1"


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_fault_66_refused(make: Callable[[], str]) -> None:
    with pytest.raises(ServerError, match="the access token is not accepted") as caught:
        ISSUER.verify(make(), now=NOW)
    assert caught.value.code == "UNAUTHENTICATED"
