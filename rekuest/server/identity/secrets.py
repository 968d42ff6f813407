"""Client secrets: made at random, stored as argon2 hashes, checked off the event loop."""

from __future__ import annotations

import hashlib
import secrets

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["SecretHasher", "new_secret"]

MAX_SECRET_LENGTH = 1024
# Memory per hash is 64 MiB, so this also bounds what a storm of token requests can take.
CONCURRENT_HASHES = 2


def new_secret() -> str:
    """Return 256 random bits as text that a URL can carry."""
    return secrets.token_urlsafe(32)


class SecretHasher:
    """Hashes and checks secrets in worker threads, a few at a time.

    A secret that was right is remembered for the life of the process, as a keyed digest, never as text: a
    program that asks for a token each minute costs one hash, not one a minute.
    """

    def __init__(
        self, concurrency: int = CONCURRENT_HASHES, hasher: PasswordHasher | None = None
    ) -> None:
        self._hasher = hasher or PasswordHasher()  # argon2id with the costs of RFC 9106
        self._limiter = anyio.CapacityLimiter(concurrency)
        self._pepper = secrets.token_bytes(32)  # keys the digests below; never leaves the process
        self._right: dict[str, bytes] = {}  # {argon2 hash: digest of the secret that fits}
        self._nobody = ""  # a hash that no secret fits; spends the same time on unknown clients

    async def hash(self, secret: str) -> str:
        """Return the argon2id hash of a secret."""
        return await anyio.to_thread.run_sync(self._hasher.hash, secret, limiter=self._limiter)

    async def verify(self, secret_hash: str | None, secret: str) -> bool:
        """Return whether a secret fits a hash.  None: there is no such client; takes as long as a wrong secret."""
        if len(secret) > MAX_SECRET_LENGTH:
            return False
        digest = hashlib.blake2b(secret.encode("utf-8", "replace"), key=self._pepper).digest()
        if secret_hash is None:
            await self._verify_nobody(secret)
            return False
        known = self._right.get(secret_hash)
        if known is not None and secrets.compare_digest(known, digest):
            return True
        is_right = await self._check(secret_hash, secret)
        if is_right:
            self._right[secret_hash] = digest
        return is_right

    def forget(self, secret_hash: str) -> None:
        """Drop what is remembered of a client that was revoked."""
        self._right.pop(secret_hash, None)

    async def _verify_nobody(self, secret: str) -> None:
        if not self._nobody:
            self._nobody = await self.hash(new_secret())
        await self._check(self._nobody, secret)

    async def _check(self, secret_hash: str, secret: str) -> bool:
        def check() -> bool:
            try:
                return self._hasher.verify(secret_hash, secret)
            except (VerificationError, InvalidHashError):
                return False

        return await anyio.to_thread.run_sync(check, limiter=self._limiter)
