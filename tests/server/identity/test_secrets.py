"""Secrets are hashed, and checked off the event loop."""

from __future__ import annotations

import pytest

from rekuest.server.identity.secrets import SecretHasher, new_secret

pytestmark = pytest.mark.anyio


async def test_the_right_secret_fits_each_time() -> None:
    hasher = SecretHasher()
    secret = new_secret()
    hashed = await hasher.hash(secret)
    assert hashed.startswith("$argon2id$")
    assert await hasher.verify(hashed, secret)
    assert await hasher.verify(hashed, secret)


async def test_a_wrong_secret_does_not_fit_even_after_the_right_one() -> None:
    hasher = SecretHasher()
    hashed = await hasher.hash("right")
    assert await hasher.verify(hashed, "right")
    assert not await hasher.verify(hashed, "wrong")
    assert not await hasher.verify(hashed, "")


async def test_an_unknown_client_and_a_broken_hash_fit_nothing() -> None:
    hasher = SecretHasher()
    assert not await hasher.verify(None, "secret")
    assert not await hasher.verify("not a hash", "secret")
    assert not await hasher.verify(None, "x" * 5000)
