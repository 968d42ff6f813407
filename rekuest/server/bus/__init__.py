"""The doorbell between gateways.  The store is the truth: a lost ring costs latency, never a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Bus", "Listener", "Ring"]


@dataclass(frozen=True, slots=True)
class Ring:
    """Something has changed."""

    topic: str  # "agent:<id>", "session:<id>", "assignation:<id>", "node", "agent", …
    key: str  # id of what changed
    payload: object | None = None  # in one process, what it changed to; None: read the store


Listener = Callable[[Ring], None]


class Bus(Protocol):
    """Carries rings.  May drop, repeat and reorder them; never blocks; listeners must not raise."""

    def publish(self, ring: Ring) -> None:
        """Ring everybody who listens to `ring.topic`."""

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each ring of `topic`, on the event loop; returns what ends it."""
