"""New ids: opaque to everybody, and in the order of their making, which keeps indices compact."""

from __future__ import annotations

import secrets
from itertools import count

# Starts anywhere, so that two servers of one store do not meet.  Ids are names, no secrets: knowing one opens nothing.
_numbers = count(secrets.randbits(62))


def new_id(now: float) -> str:
    """Return an id that no other call returns: milliseconds of `now` (POSIX), then a running number."""
    return f"{int(now * 1000):012x}{next(_numbers):016x}"
