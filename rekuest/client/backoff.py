"""How long to wait before the next attempt to connect.  Source: schema/PROTOCOL.md, 2.10."""

from __future__ import annotations

import random
import re

__all__ = ["Backoff"]

_FIRST = 0.1  # seconds; the bound of the first wait
_LONGEST = 5.0  # seconds; the bound of every later one, so that a thousand clients are back in 15 s
_RATE_LIMITED = 4429
_SECONDS = re.compile(r"\d+(?:\.\d+)?")


class Backoff:
    """Exponential, with full jitter: each wait is anywhere between 0 and a bound that doubles."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._random = random.Random() if source is None else source
        self._attempt = 0  # waits since the last success
        self._asked: float | None = None  # what the server asked for; None: nothing

    @property
    def is_fresh(self) -> bool:
        """Whether no attempt has failed since the last success."""
        return self._attempt == 0

    def succeed(self) -> None:
        """Start over: the connection was opened."""
        self._attempt = 0

    def ask(self, retry_after: float) -> None:
        """Take note of the server's `retryAfter`; the next wait is between it and twice as much."""
        self._asked = max(0.0, retry_after)

    def note_close(self, code: int, reason: str) -> None:
        """Take note of the pause that a `RATE_LIMITED` close names in its reason."""
        found = _SECONDS.search(reason) if code == _RATE_LIMITED else None
        if code == _RATE_LIMITED:
            self.ask(float(found.group()) if found else 1.0)

    def next_wait(self) -> float:
        """Return the seconds to wait before the next attempt, and count it."""
        asked, self._asked = self._asked, None
        if asked is not None:
            return asked + self._random.uniform(0.0, asked)
        bound = min(_LONGEST, _FIRST * 2.0 ** min(self._attempt, 16))
        self._attempt += 1
        return self._random.uniform(0.0, bound)
