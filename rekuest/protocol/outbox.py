"""What waits to be sent to one peer, grouped into frames.  Source: schema/PROTOCOL.md, 1.8-1.10, 4.6.

Whoever owns the socket puts messages in as they come and takes a frame whenever the socket takes one:
under load many messages share a frame, otherwise each has its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel

from rekuest.api import enums, wire
from rekuest.errors import LocalProtocolError
from rekuest.protocol.codec import encode_bytes, read_raw
from rekuest.protocol.limits import envelope_bytes, nests_deeper

__all__ = ["Outbox"]

# Log lines of one call that wait; more only matter to somebody who reads them all, later, in a file.
LOGS_PER_CALL: Final = 100
# Lossy messages may take up this share of the bound; beyond it, one line a call.
_LOSSY_SHARE: Final = 4
# Dropped entries that may lie about in the queue before it is swept.
SKIPPED: Final = 1000
# What counting the dropped lines may add to a log line after it was measured.
_COUNT_BYTES: Final = 10

# What the server passes on inside a larger message.
_PASSED_ON: Final = frozenset({wire.Call, wire.Yield, wire.Done, wire.Failed})

_Call = tuple[str, int]  # (assignation, attempt)


class _Entry:
    """One message that waits."""

    __slots__ = ("alone", "call", "data", "dropped", "is_dropped", "log")

    def __init__(self, data: bytes) -> None:
        self.data = data  # its JSON
        self.is_dropped = False  # whether it is skipped when its turn comes
        self.alone = False  # whether it needs a frame of its own
        self.call: _Call | None = None  # set for lossy ones: whose they are
        self.log: BaseModel | None = None  # set for log lines
        self.dropped = 0  # lines dropped just before this one, beyond those it counts itself


class Outbox:
    """The messages that wait for one peer.  Not thread-safe.

    Durable messages are never dropped: when too many wait, `is_overfull` says so and the owner closes
    the connection (4413).  Of waiting `Progress` the newest counts, of waiting log lines the newest
    hundred of each call; those that had to go are counted in the next one's `dropped`.
    """

    def __init__(self, limits: wire.Limits, max_bytes: int) -> None:
        """Make an empty one.

        Args:
            limits: What the peer reads.
            max_bytes: How much may wait before the peer counts as too slow.
        """
        self.limits = limits
        self.max_bytes = max_bytes
        self.waiting_bytes = 0  # of durable messages
        self.lossy_bytes = 0  # of progress and log lines
        self.dropped = 0  # log lines dropped since the start
        self._urgent: deque[bytes] = deque()
        self._entries: deque[_Entry] = deque()
        self._skipped = 0  # entries in it that were dropped
        self._progress: dict[_Call, _Entry] = {}
        self._logs: dict[_Call, deque[_Entry]] = {}

    def __bool__(self) -> bool:
        """Return whether something waits."""
        return len(self._entries) > self._skipped or bool(self._urgent)

    @property
    def is_overfull(self) -> bool:
        """Whether the peer does not read what it was sent: close the connection with 4413."""
        return self.waiting_bytes > self.max_bytes

    def put(self, message: BaseModel) -> None:
        """Queue a message behind those that wait.

        Raises:
            LocalProtocolError: It is over the limits alone (`code` is `LIMIT_EXCEEDED`) or holds a
                value that cannot travel; nothing is queued.
        """
        data = self._measured(message)
        place = _PLACES.get(type(message))
        if place is None:
            self._append(_Entry(data))
        else:
            place(self, message, data)

    def put_urgent(self, message: BaseModel) -> None:
        """Queue a message before all others; for `Heartbeat`."""
        data = self._measured(message)
        self._urgent.append(data)
        self.waiting_bytes += len(data)

    def frames(self) -> list[str]:
        """Take everything that waits, as frames within the limits."""
        frames = []
        while (frame := self.next_frame()) is not None:
            frames.append(frame)
        return frames

    def next_frame(self) -> str | None:
        """Take as much of what waits as one frame holds; None if nothing waits.

        A writer that takes one frame at a time lets heartbeats overtake the rest (1.9).
        """
        parts: list[bytes] = []
        room = self.limits.frame_bytes - 1  # one bracket; each part brings a comma or the other one
        while self._urgent and len(self._urgent[0]) < room and len(parts) < self.limits.messages:
            data = self._urgent.popleft()
            self.waiting_bytes -= len(data)
            parts.append(data)
            room -= len(data) + 1
        self._fill(parts, room)
        return f"[{b','.join(parts).decode()}]" if parts else None

    def _fill(self, parts: list[bytes], room: int) -> None:
        while self._entries and len(parts) < self.limits.messages:
            entry = self._entries[0]
            if entry.is_dropped:
                self._entries.popleft()
                self._skipped -= 1
                continue
            data = _with_dropped(entry) if entry.dropped else entry.data
            if len(data) >= room or (entry.alone and parts):
                return
            self._entries.popleft()
            self._leave(entry)
            parts.append(data)
            room -= len(data) + 1
            if entry.alone:
                return

    def _measured(self, message: BaseModel) -> bytes:
        """Return a message's JSON, if it fits the peer's limits alone."""
        data = encode_bytes(message)
        passed_on = type(message) in _PASSED_ON
        spare = envelope_bytes(self.limits) if passed_on else _COUNT_BYTES
        limit = self.limits.frame_bytes - spare - 2
        if len(data) > limit:
            raise _too_large(message, f"it has {len(data)} bytes (limit {limit})")
        depth = self.limits.depth - 1 - passed_on
        if data.count(b"{") + data.count(b"[") > depth and nests_deeper(read_raw(data), depth):
            raise _too_large(message, f"it nests more than {depth} containers")
        return data

    def _append(self, entry: _Entry) -> None:
        if entry.call is None:
            self.waiting_bytes += len(entry.data)
        else:
            self.lossy_bytes += len(entry.data)
        self._entries.append(entry)

    def _leave(self, entry: _Entry) -> None:
        """Stop counting an entry that goes out or is dropped."""
        if entry.call is None:
            self.waiting_bytes -= len(entry.data)
            return
        self.lossy_bytes -= len(entry.data)
        if entry.log is None:
            del self._progress[entry.call]
            return
        lines = self._logs[entry.call]
        lines.popleft()
        if not lines:
            del self._logs[entry.call]

    def _put_alone(self, message: BaseModel, data: bytes) -> None:
        entry = _Entry(data)
        entry.alone = True
        self._append(entry)

    def _put_progress(self, message: wire.Progress, data: bytes) -> None:
        self._newest((message.assignation, message.attempt), data)

    def _put_log(self, message: wire.Log, data: bytes) -> None:
        self._line((message.assignation, message.attempt), message, data)

    def _put_event(self, message: wire.Event, data: bytes) -> None:
        call = (message.assignation, message.event.attempt)
        if message.event.number is not None:
            self._append(_Entry(data))
        elif message.event.kind is enums.AssignationEventKind.PROGRESS:
            self._newest(call, data)
        else:
            self._line(call, message, data)

    def _newest(self, call: _Call, data: bytes) -> None:
        """Let a progress take the place of the one of its call that waits."""
        waiting = self._progress.get(call)
        if waiting is not None:
            self.lossy_bytes += len(data) - len(waiting.data)
            waiting.data = data
            return
        entry = _Entry(data)
        entry.call = call
        self._progress[call] = entry
        self._append(entry)

    def _line(self, call: _Call, message: BaseModel, data: bytes) -> None:
        """Queue a log line; drop the oldest one of its call if too many wait."""
        entry = _Entry(data)
        entry.call = call
        entry.log = message
        lines = self._logs.setdefault(call, deque())
        crowded = self.lossy_bytes > self.max_bytes // _LOSSY_SHARE
        if lines and (crowded or len(lines) >= LOGS_PER_CALL):
            self._drop(lines[0], lines[1] if len(lines) > 1 else entry)
        self._logs.setdefault(call, lines).append(entry)
        self._append(entry)

    def _drop(self, oldest: _Entry, following: _Entry) -> None:
        assert oldest.log is not None
        self.dropped += 1
        following.dropped += 1 + oldest.dropped + _dropped_of(oldest.log)
        self._leave(oldest)
        oldest.is_dropped = True
        oldest.data = b""
        self._skipped += 1
        if self._skipped > SKIPPED and self._skipped * 2 > len(self._entries):
            self._entries = deque(entry for entry in self._entries if not entry.is_dropped)
            self._skipped = 0


def _too_large(message: BaseModel, what: str) -> LocalProtocolError:
    verb = "pass" if isinstance(message, wire.Call) else "return"
    return LocalProtocolError(
        f"{type(message).__name__!r} cannot be sent: {what}; "
        f"{verb} a structure, so that only its reference travels",
        code="LIMIT_EXCEEDED",
    )


def _dropped_of(log: BaseModel) -> int:
    match log:
        case wire.Log():
            return log.dropped
        case wire.Event(event=wire.AssignationEvent(log=wire.LogLine() as line)):
            return line.dropped
    return 0


def _with_dropped(entry: _Entry) -> bytes:
    """Encode a log line anew with the lines counted that were dropped before it."""
    dropped = entry.dropped
    match entry.log:
        case wire.Log() as log:
            log = log.model_copy(update={"dropped": log.dropped + dropped})
            return encode_bytes(log)
        case (
            wire.Event(event=wire.AssignationEvent(log=wire.LogLine() as line) as happened) as event
        ):
            line = line.model_copy(update={"dropped": line.dropped + dropped})
            happened = happened.model_copy(update={"log": line})
            return encode_bytes(event.model_copy(update={"event": happened}))
    return entry.data


_PLACES: Final[dict[type[BaseModel], Callable[[Outbox, Any, bytes], None]]] = {
    wire.Hello: Outbox._put_alone,
    wire.Welcome: Outbox._put_alone,
    wire.Progress: Outbox._put_progress,
    wire.Log: Outbox._put_log,
    wire.Event: Outbox._put_event,
}
