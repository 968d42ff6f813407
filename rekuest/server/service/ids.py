"""New ids: opaque to everybody, and in the order of their making, which keeps indices compact."""

from __future__ import annotations

import secrets


def new_id(now: float) -> str:
    """Return an id that no other call returns: milliseconds of `now` (POSIX), then 64 random bits."""
    return f"{int(now * 1000):012x}{secrets.token_hex(8)}"
