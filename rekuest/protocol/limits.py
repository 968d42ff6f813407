"""What both sides of a connection keep to.  Source: schema/PROTOCOL.md, 1.4, 1.8."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rekuest.api import wire

__all__ = ["HELLO_LIMITS", "WELCOME_LIMITS", "envelope_bytes", "nests_deeper", "nesting"]

# Before anybody is authenticated a peer must not be able to occupy memory.
HELLO_LIMITS: Final = wire.Limits(
    frame_bytes=64 * 1024, depth=64, messages=1, open_calls=0, queued_calls=0
)

# What a client reads before it knows the server's limits.  The server is the side it chose to
# trust, and a `Welcome` that names 5,000 calls is larger than 64 KiB.
WELCOME_LIMITS: Final = wire.Limits(
    frame_bytes=1024 * 1024, depth=64, messages=1024, open_calls=0, queued_calls=0
)

_CONTAINERS: Final = frozenset({dict, list})


def envelope_bytes(limits: wire.Limits) -> int:
    """Return how many bytes a message that is passed on leaves free for what is put around it.

    The server puts `Yield`, `Done` and `Failed` into an `Event` and makes a `Call` an `Assign`: a
    result that fills its frame could never reach its caller.
    """
    return min(4096, limits.frame_bytes // 16)


def nesting(container: Any, stop: int) -> int:
    """Count how many containers nest in one, itself included, looking no deeper than `stop`.

    Level by level, so that no depth can exhaust the stack.
    """
    level: Iterable[Any] = [container]
    for depth in range(1, stop + 1):
        level = [
            part
            for outer in level
            for part in (outer.values() if type(outer) is dict else outer)
            if type(part) in _CONTAINERS
        ]
        if not level:
            return depth
    return stop + 1


def nests_deeper(container: Any, depth: int) -> bool:
    """Return whether more than `depth` containers nest, the outermost included."""
    return nesting(container, depth) > depth
