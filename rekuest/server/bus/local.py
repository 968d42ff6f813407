"""The bus of one process: a ring is a function call."""

from __future__ import annotations

import logging
from collections.abc import Callable

from rekuest.server.bus import Listener, Ring

__all__ = ["LocalBus"]

logger = logging.getLogger(__name__)


class LocalBus:
    """A `Bus` for one event loop.  Listeners run inside `publish`, in the order in which they came."""

    def __init__(self) -> None:
        # {topic: who listens}; a tuple is replaced and never changed, so publishing may walk over it at any time.
        self._topics: dict[str, tuple[_Subscription, ...]] = {}

    def publish(self, ring: Ring) -> None:
        """Ring everybody who listens to `ring.topic`.  A listener that raises is logged; the others are rung."""
        for subscription in self._topics.get(ring.topic, ()):
            if not subscription.is_open:  # ended by a listener before it
                continue
            try:
                subscription.listener(ring)
            except Exception:
                logger.exception("a listener of topic %r raised", ring.topic)

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each ring of `topic`; returns what ends it, which may be called again."""
        subscription = _Subscription(listener)
        self._topics[topic] = (*self._topics.get(topic, ()), subscription)

        def end() -> None:
            subscription.is_open = False
            remaining = tuple(other for other in self._topics.get(topic, ()) if other.is_open)
            if remaining:
                self._topics[topic] = remaining
            else:
                self._topics.pop(topic, None)

        return end


class _Subscription:
    """One listener of one topic; the same function may listen twice."""

    __slots__ = ("is_open", "listener")

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.is_open = True
