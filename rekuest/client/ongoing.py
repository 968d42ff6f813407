"""One call from its making to its end, as the program that waits for it sees it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rekuest.api import enums, wire
from rekuest.client.outcome import ERRORS, ended_error
from rekuest.errors import RekuestError

__all__ = ["Ongoing", "Watch"]

logger = logging.getLogger(__name__)

_Kind = enums.AssignationEventKind


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of what a call says on its way; called on the client's loop, so they must be quick."""

    on_progress: Callable[[wire.ProgressInfo], object] | None = None
    on_log: Callable[[wire.LogLine], object] | None = None


class Ongoing:
    """A call that has not ended.  Not thread-safe."""

    __slots__ = (
        "_wake",
        "assignation",
        "deadline",
        "ended",
        "is_cancelling",
        "is_detached",
        "node",
        "number",
        "reference",
        "values",
        "watch",
    )

    def __init__(
        self, node: str, reference: str, watch: Watch | None, *, is_stream: bool = False
    ) -> None:
        self.node = node  # its name, for errors
        self.reference = reference
        self.watch = watch
        self.assignation: str | None = None  # the call's id; None: not answered yet
        self.deadline: float | None = None  # monotonic; None: it has none
        self.number = 0  # of the newest stored event
        self.is_cancelling = False  # its end was asked for
        self.is_detached = False  # the server was asked to hold events back: too many values wait
        self.values: deque[dict[str, Any]] | None = deque() if is_stream else None
        self.ended = asyncio.get_running_loop().create_future()  # the result; renewed if cancelled
        self._wake: asyncio.Future[None] | None = None  # of a stream that waits for a value

    def happened(self, event: wire.AssignationEvent) -> None:
        """Take an event, in order."""
        if event.number is not None:
            self.number = event.number
        if event.kind is _Kind.YIELD and self.values is not None:
            self.values.append(event.returns or {})
            self._wake_up()
        elif event.kind is _Kind.DONE:
            self.end(event.returns)
        elif event.kind in ERRORS:
            self.fail(ended_error(self.node, self.assignation or "", event))
        elif self.watch is not None:
            self._tell(self.watch, event)

    def end(self, returns: dict[str, Any] | None) -> None:
        """Give the result to who waits for it."""
        if not self.ended.done():
            self.ended.set_result(returns)
        self._wake_up()

    def fail(self, error: RekuestError) -> None:
        """Raise an error at who waits."""
        if not self.ended.done():
            self.ended.set_exception(error)
            self.ended.exception()  # read here, as a stream that was left early does not
        self._wake_up()

    async def arrival(self) -> None:
        """Return when a value waits or the call has ended; streams only."""
        if not self.values and not self.ended.done():
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake

    def _wake_up(self) -> None:
        wake, self._wake = self._wake, None
        if wake is not None and not wake.done():
            wake.set_result(None)

    def _tell(self, watch: Watch, event: wire.AssignationEvent) -> None:
        try:
            if event.progress is not None and watch.on_progress is not None:
                watch.on_progress(event.progress)
            elif event.log is not None and watch.on_log is not None:
                watch.on_log(event.log)
        except Exception:
            # The program's own function; the call and its neighbours in the frame go on.
            logger.exception("cannot tell of %s of node %r", event.kind, self.node)
