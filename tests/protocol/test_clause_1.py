"""Clauses 1: connection and frames.  Source: schema/PROTOCOL.md."""

from __future__ import annotations

import json

import pytest

from rekuest.api import wire
from rekuest.errors import LocalProtocolError, RemoteProtocolError
from rekuest.protocol.codec import CLOSE_CODES, HELLO_LIMITS, decode, encode, read_client
from rekuest.protocol.outbox import Outbox
from rekuest.protocol.server import Handle, ServerConnection
from tests.protocol.messages import (
    LIMITS,
    call,
    close_code,
    frame,
    hello,
    log,
    raw,
    refused,
    the_refusal,
    welcome,
)
from tests.protocol.pair import Pair


def opened() -> ServerConnection:
    """Return a server's end whose session is open."""
    connection = ServerConnection(now=0.0)
    connection.receive(frame(hello()), 0.0)
    connection.welcome(welcome(), 0.0)
    return connection


def code_of(text: str | bytes, limits: wire.Limits = LIMITS) -> str:
    """Return the close code of a frame that cannot be read."""
    with pytest.raises(RemoteProtocolError) as caught:
        decode(text, limits)
    return caught.value.code


def test_clause_1_2_a_frame_is_an_array_of_messages() -> None:
    assert decode("[]", LIMITS) == []
    assert decode(frame(hello()), LIMITS) == [raw(hello())]
    assert {code_of(text) for text in ("{}", "1", "[1]", "[[]]", "[null]", "")} == {"BAD_FRAME"}


def test_clause_1_3_null_is_left_out_and_an_unknown_field_ignored() -> None:
    done = wire.Done(assignation="a", attempt=1, seq=2, returns=None)
    assert raw(done) == {"__typename": "Done", "assignation": "a", "attempt": 1, "seq": 2}
    assert read_client(raw(done) | {"returns": None, "colour": "blue"}) == done


def test_clause_1_3_null_inside_values_travels() -> None:
    done = wire.Done(assignation="a", attempt=1, seq=2, returns={"return": None})
    assert read_client(raw(done)) == done


def test_clause_1_4_a_frame_has_limits() -> None:
    message = '{"__typename":"Heartbeat","number":1}'
    assert code_of(f'[{message},"{"x" * LIMITS.frame_bytes}"]') == "FRAME_TOO_LARGE"
    assert code_of("[" + ",".join([message] * (LIMITS.messages + 1)) + "]") == "BAD_FRAME"
    nested = '[{"a":' + "[" * (LIMITS.depth - 2) + "]" * (LIMITS.depth - 2) + "}]"
    assert len(decode(nested, LIMITS)) == 1
    assert code_of(nested.replace("[[", "[[[").replace("]]", "]]]")) == "BAD_FRAME"


def test_clause_1_4_before_welcome_the_bounds_are_narrow() -> None:
    assert (HELLO_LIMITS.frame_bytes, HELLO_LIMITS.messages, HELLO_LIMITS.depth) == (65536, 1, 64)
    assert code_of(frame(hello(), hello()), HELLO_LIMITS) == "BAD_FRAME"


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", '"\\ud800"', '"\\udc00x"', '"\\u0000"']
    + ['{"a":1,"a":2}', "1" * 4301, '{"\\u0000":1}', '"\x01"', "01", "'a'", "[1,]"],
)
def test_clause_1_5_json_is_strict(value: str) -> None:
    assert code_of(f'[{{"a":{value}}}]') == "BAD_FRAME"


def test_clause_1_5_what_is_not_forbidden_is_read() -> None:
    text = '[{"a":"\\ud83d\\ude00 \\\\u0000 é","b":' + "1" * 4300 + ',"c":1.5e300}]'
    assert decode(text, LIMITS)[0]["a"] == "😀 \\u0000 é"


def test_clause_1_6_each_fault_has_its_close_code() -> None:
    faults: dict[str | bytes, int] = {
        "[": 4400,
        "[" * 100_000: 1009,
        "[" * 60_000: 4400,
        '["\ud800"]': 1007,
        "x" * (LIMITS.frame_bytes + 1): 1009,
        b"[]": 1002,
    }
    for text, code in faults.items():
        assert CLOSE_CODES[code_of(text)] == code
        assert close_code(opened().receive(text, 0.0)) == code


def test_clause_1_7_a_bad_message_is_refused_and_its_neighbours_are_followed() -> None:
    bad = raw(call("r2")) | {"timeout": "soon"}
    text = json.dumps([raw(call("r1")), bad, {"__typename": "Wish"}, {}, raw(call("r3"))])
    first, second, third, fourth, fifth = opened().receive(text, 0.0)
    assert [first, fifth] == [Handle(call("r1")), Handle(call("r3"))]
    refusals = [the_refusal([one]) for one in (second, third, fourth)]
    assert [(one.message, one.subject, one.code) for one in refusals] == [
        ("Call", "r2", "BAD_MESSAGE"),
        ("Wish", None, "BAD_MESSAGE"),
        (None, None, "BAD_MESSAGE"),
    ]


def test_clause_1_7_a_message_out_of_place_is_refused() -> None:
    instructions = opened().receive(frame(hello(), welcome()), 0.0)
    assert [the_refusal([one]).code for one in instructions] == ["OUT_OF_PLACE"] * 2


def test_clause_1_7_an_event_is_named_by_its_receipt() -> None:
    bad = {"__typename": "Yield", "assignation": "a", "attempt": 1, "seq": 3, "returns": [1]}
    refusal = the_refusal(opened().receive(json.dumps([bad]), 0.0))
    assert refusal.receipt == wire.Receipt(assignation="a", attempt=1, seq=3)


def test_clause_1_7_a_refused_is_never_answered_by_a_refused() -> None:
    text = '[{"__typename":"Refused","code":7}]'
    assert opened().receive(text, 0.0) == []
    pair = Pair()
    assert pair.client.receive(text, 0.0) == []


def test_clause_1_8_what_waits_is_grouped_and_split_at_the_limits() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    for number in range(120):
        outbox.put(call(f"r{number}"))
    frames = outbox.frames()
    assert [len(json.loads(text)) for text in frames] == [50, 50, 20]
    assert not outbox

    for number in range(10):
        outbox.put(call(f"r{number}", args={"x": "é" * 10_000}))
    frames = outbox.frames()
    assert all(len(text.encode()) <= LIMITS.frame_bytes for text in frames)
    assert [one["reference"] for text in frames for one in json.loads(text)] == [
        f"r{number}" for number in range(10)
    ]


def test_clause_1_8_a_message_over_the_limit_is_never_queued() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    done = wire.Done(assignation="a", attempt=1, seq=2, returns={"return": "x" * 70_000})
    with pytest.raises(LocalProtocolError, match="return a structure") as caught:
        outbox.put(done)
    assert caught.value.code == "LIMIT_EXCEEDED"
    assert not outbox


def test_clause_1_9_messages_keep_their_order_and_heartbeats_overtake() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    outbox.put(call("r1"))
    outbox.put(call("r2"))
    outbox.put_urgent(wire.Heartbeat(number=1))
    (text,) = outbox.frames()
    assert text == frame(wire.Heartbeat(number=1), call("r1"), call("r2"))

    handled = opened().receive(frame(call("r1"), log(), call("r2")), 0.0)
    assert handled == [Handle(call("r1")), Handle(log()), Handle(call("r2"))]


def test_clause_1_10_what_waits_is_bounded() -> None:
    outbox = Outbox(LIMITS, max_bytes=1000)
    while not outbox.is_overfull:
        outbox.put(call("r1"))
    assert 1000 < outbox.waiting_bytes <= 1000 + len(encode(call("r1")))
    assert CLOSE_CODES["TOO_SLOW"] == 4413
    outbox.frames()
    assert not outbox.is_overfull


def test_clause_1_7_refusals_name_no_values() -> None:
    bad = raw(refused("Call", "r1", "NOT_FOUND")) | {"__typename": "Reauth", "token": ["s3cret"]}
    (reply,) = opened().receive(json.dumps([bad]), 0.0)
    assert "s3cret" not in str(reply)
