"""What waits for a peer: `rekuest.protocol.outbox`."""

from __future__ import annotations

from typing import Any

import pytest

from rekuest.api import enums, wire
from rekuest.errors import LocalProtocolError
from rekuest.protocol import outbox as module
from rekuest.protocol.codec import decode
from rekuest.protocol.outbox import Outbox
from tests.protocol.messages import LIMITS, NOON, call, event, hello, log, progress, welcome

KIND = enums.AssignationEventKind
SMALL = LIMITS.model_copy(update={"frame_bytes": 2048})


def drained(outbox: Outbox) -> list[dict[str, Any]]:
    """Return the objects of all that waits."""
    return [one for text in outbox.frames() for one in decode(text, outbox.limits)]


def line(text: str, dropped: int = 0) -> wire.Event:
    """Return a log line as a caller is told of it."""
    info = enums.LogLevel.INFO
    return event(
        None, KIND.LOG, log=wire.LogLine(level=info, message=text, at=NOON, dropped=dropped)
    )


def test_nothing_waits_at_first() -> None:
    outbox = Outbox(LIMITS, 1000)
    assert not outbox
    assert outbox.next_frame() is None
    assert outbox.frames() == []


def test_a_heartbeat_overtakes_between_two_frames() -> None:
    outbox = Outbox(LIMITS.model_copy(update={"messages": 1}), 1 << 20)
    outbox.put(call("r1"))
    outbox.put(call("r2"))
    outbox.next_frame()
    outbox.put_urgent(wire.Heartbeat(number=1))
    assert [one["__typename"] for one in drained(outbox)] == ["Heartbeat", "Call"]


@pytest.mark.parametrize("first", [hello(), welcome()])
def test_the_first_message_has_a_frame_of_its_own(first: wire.Hello | wire.Welcome) -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    outbox.put(call())
    outbox.put(first)
    outbox.put(call())
    assert [len(decode(text, LIMITS)) for text in outbox.frames()] == [1, 1, 1]


def test_frames_are_filled_to_the_last_byte_and_no_further() -> None:
    sizes = set()
    for length in range(20, 60):
        outbox = Outbox(SMALL, 1 << 20)
        for _ in range(40):
            outbox.put(wire.Goodbye(reason="é" * length))
        frames = outbox.frames()
        sizes |= {len(text.encode()) for text in frames}
        assert sum(len(decode(text, SMALL)) for text in frames) == 40
    assert max(sizes) <= SMALL.frame_bytes
    with pytest.raises(LocalProtocolError):
        outbox.put(wire.Goodbye(reason="x" * SMALL.frame_bytes))


def test_what_is_passed_on_leaves_room_for_its_envelope() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    value = {"return": "x" * (LIMITS.frame_bytes - 1000)}
    with pytest.raises(LocalProtocolError):
        outbox.put(wire.Yield(assignation="a", attempt=1, seq=2, returns=value))
    outbox.put(event(2, returns=value))
    assert len(outbox.frames()) == 1


def test_a_message_that_nests_too_deep_is_not_queued() -> None:
    def nested(depth: int) -> wire.Done:
        value: Any = 1
        for _ in range(depth):
            value = [value]
        return wire.Done(assignation="a", attempt=1, seq=2, returns={"return": value})

    outbox = Outbox(LIMITS, 1 << 20)
    outbox.put(nested(LIMITS.depth - 4))
    with pytest.raises(LocalProtocolError, match="containers"):
        outbox.put(nested(LIMITS.depth - 3))
    outbox.put(nested(1).model_copy(update={"returns": {"return": [[]] * 100}}))


def test_a_refused_value_leaves_the_outbox_as_it_was() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    with pytest.raises(LocalProtocolError):
        outbox.put(progress(0.5).model_copy(update={"message": "\ud800"}))
    assert not outbox
    assert outbox.lossy_bytes == 0


def test_the_progress_of_a_caller_is_coalesced_too() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    for number in range(10):
        outbox.put(event(None, KIND.PROGRESS, progress=wire.ProgressInfo(done=number)))
        outbox.put(event(number + 1))
    found = drained(outbox)
    assert len(found) == 11
    assert found[0]["event"]["progress"] == {"done": 9.0}


def test_the_lines_of_a_caller_are_counted_too() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    for number in range(module.LOGS_PER_CALL + 5):
        outbox.put(line(str(number), dropped=1 if number == 0 else 0))
    first, *others = drained(outbox)
    assert (first["event"]["log"]["message"], first["event"]["log"]["dropped"]) == ("5", 6)
    assert {one["event"]["log"]["dropped"] for one in others} == {0}


def test_a_flood_of_one_call_leaves_the_lines_of_another() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    outbox.put(log("quiet", "a2"))
    for _ in range(1000):
        outbox.put(log("loud"))
    assert [one["message"] for one in drained(outbox)].count("quiet") == 1


def test_lossy_messages_never_make_a_peer_too_slow() -> None:
    outbox = Outbox(LIMITS, max_bytes=10_000)
    for number in range(20_000):
        outbox.put(log("x" * 100, f"a{number % 3}"))
        outbox.put(progress(0.5, f"a{number % 3}"))
    assert not outbox.is_overfull
    assert outbox.lossy_bytes < 10_000
    assert len(outbox._entries) < 3 * module.SKIPPED
    assert sum(one.get("dropped", 0) + 1 for one in drained(outbox) if "level" in one) == 20_000


def test_the_bytes_that_wait_are_counted_back() -> None:
    outbox = Outbox(SMALL, 1 << 20)
    for number in range(300):
        outbox.put(call(f"r{number}"))
        outbox.put(log("line"))
        outbox.put(progress(number))
        outbox.put_urgent(wire.Heartbeat(number=number))
    outbox.frames()
    assert (outbox.waiting_bytes, outbox.lossy_bytes, bool(outbox)) == (0, 0, False)
    assert not outbox._logs
    assert not outbox._progress


def test_lossy_messages_keep_their_place_among_the_others() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    outbox.put(log("before"))
    outbox.put(wire.Done(assignation="a1", attempt=1, seq=2, returns={}))
    assert [one["__typename"] for one in drained(outbox)] == ["Log", "Done"]


def test_arguments_that_are_too_large_are_to_be_passed_as_a_structure() -> None:
    outbox = Outbox(SMALL, 1 << 20)
    with pytest.raises(LocalProtocolError, match="'Call' cannot be sent: .*; pass a structure"):
        outbox.put(call(args={"x": "x" * 3000}))
