"""Strict reading and writing: `rekuest.protocol.codec`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from rekuest.api import wire
from rekuest.errors import LocalProtocolError, RemoteProtocolError
from rekuest.protocol.codec import (
    CLOSE_CODES,
    decode,
    encode,
    open_frame,
    read_client,
    read_server,
)
from tests.protocol.messages import LIMITS, call, event, frame, log, raw, refused, reserve

SCHEMA = Path(__file__).parents[2] / "schema"


def done(value: object) -> wire.Done:
    """Return a result."""
    return wire.Done(assignation="a", attempt=1, seq=2, returns={"return": value})


def test_the_close_codes_are_those_of_the_schema() -> None:
    text = (SCHEMA / "session.graphql").read_text()
    enum = text[text.index("enum CloseCode") :].partition("}")[0]
    found = re.findall(r'"(\d{4}): [^"]*"\s+([A-Z_]+)', enum)
    assert {name: int(code) for code, name in found} == CLOSE_CODES


@pytest.mark.parametrize("message", [call(), log(), done([1, 2.5, "é", None, {"a": True}])])
def test_what_is_written_is_read(message: wire.ClientMessage) -> None:
    (found,) = decode(frame(message), LIMITS)
    assert read_client(found) == message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"attempt": "1"}, "attempt"),
        ({"attempt": True}, "attempt"),
        ({"attempt": 1.0}, "attempt"),
        ({"attempt": 2**31}, "attempt"),
        ({"assignation": 7}, "assignation"),
        ({"assignation": None}, "assignation"),
        ({"returns": [1]}, "returns"),
    ],
)
def test_a_message_is_of_its_type_exactly(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(RemoteProtocolError, match=named) as caught:
        read_client(raw(done(1)) | changes)
    assert caught.value.code == "BAD_MESSAGE"


@pytest.mark.parametrize(
    ("message", "changes"),
    [
        (call(), {"priority": "URGENT"}),
        (call(), {"wait": 1}),
        (call(), {"timeout": 10**400}),
        (reserve(), {"strategy": "BEST"}),
        (log(), {"level": "LOUD"}),
        (log(), {"at": "2026-03-01T12:00:00"}),
    ],
)
def test_a_server_takes_no_value_that_it_does_not_know(
    message: wire.ClientMessage, changes: dict[str, Any]
) -> None:
    assert read_client(raw(message)) == message
    with pytest.raises(RemoteProtocolError) as caught:
        read_client(raw(message) | changes)
    assert caught.value.code == "BAD_MESSAGE"


def test_a_client_keeps_a_value_that_it_does_not_know() -> None:
    found = raw(event(2)) | {"assignation": "a"}
    found["event"]["kind"] = "FROZEN"
    message = read_server(found)
    assert isinstance(message, wire.Event)
    assert message.event.kind == "FROZEN"


def test_field_names_are_those_of_the_schema() -> None:
    found = raw(call())
    found["cancel_on_disconnect"] = found.pop("cancelOnDisconnect")
    with pytest.raises(RemoteProtocolError, match="cancelOnDisconnect"):
        read_client(found)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", "\0", [10**4300], object(), [[-float("inf")]]],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_travel_is_not_written(value: object) -> None:
    with pytest.raises(LocalProtocolError, match="'Done' cannot be sent"):
        encode(done(value))


@pytest.mark.parametrize(
    "value", ["NaN", "\\u0000", "Infinity", 10**4299, "7" * 20_000, ["1" * 5000, 1e300]]
)
def test_what_only_looks_forbidden_is_written(value: object) -> None:
    message = done(value)
    assert read_client(json.loads(encode(message))) == message


def test_the_depth_of_a_frame_is_never_told_too_small() -> None:
    assert open_frame('[{"a":[[[]]]}]', LIMITS).depth >= 5


@pytest.mark.parametrize("limit", [300, 100_000])
def test_no_depth_exhausts_the_stack(limit: int) -> None:
    limits = LIMITS.model_copy(update={"frame_bytes": 10**7})
    for text in ("[" * limit, '[{"a":' * limit, "[" * limit + "]" * limit):
        with pytest.raises(RemoteProtocolError):
            decode(text, limits)


# Fuzzing: accept or `RemoteProtocolError`, nothing else.

JSON_TEXTS = st.recursive(
    st.sampled_from(
        [
            "null",
            "true",
            "1",
            "-0",
            "1e999",
            "NaN",
            "1.5",
            '"x"',
            '"\\ud800"',
            '"\\u0000"',
            '""',
            "{",
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: f"[{','.join(parts)}]"),
        st.lists(st.tuples(st.sampled_from("abc"), inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}"
        ),
    ),
    max_leaves=10,
)
TAGS = [*wire.CLIENT_MESSAGES, *wire.SERVER_MESSAGES, "Wish"]
FIELDS = sorted(
    {
        field.alias or name
        for model in {**wire.CLIENT_MESSAGES, **wire.SERVER_MESSAGES}.values()
        for name, field in model.model_fields.items()
    }
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
OBJECTS = st.builds(
    lambda tag, fields: {"__typename": tag, **fields},
    st.sampled_from(TAGS),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6),
)
GOOD = [
    frame(call(), log()),
    frame(done({"a": [1.5, None]})),
    frame(refused("Call", "r", "CONFLICT")),
]
QUICK = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))


def try_frame(text: str | bytes) -> None:
    """Read a frame as both sides do; anything but `RemoteProtocolError` ends the test."""
    codes: set[str] = set()
    try:
        found = decode(text, LIMITS)
    except RemoteProtocolError as error:
        found, codes = [], {error.code}
    assert codes <= CLOSE_CODES.keys()
    for one in found:
        try_message(one, read_client)
        try_message(one, read_server)


def try_message(found: Any, read: Callable[[Any], BaseModel]) -> None:
    """Make a message of its object; what is taken can be sent."""
    message, codes = None, set[str]()
    try:
        message = read(found)
    except RemoteProtocolError as error:
        codes = {error.code}
    assert codes <= {"BAD_MESSAGE", "OUT_OF_PLACE"}
    if message is not None:
        assert decode(f"[{encode(message)}]", LIMITS)


@QUICK
@given(st.lists(st.text(st.characters(codec=None)), min_size=50, max_size=100))
def test_fuzz_texts(texts: list[str]) -> None:
    for text in texts:
        try_frame(text)
        try_frame(f"[{text}]")


@QUICK
@given(st.lists(JSON_TEXTS, min_size=10, max_size=30))
def test_fuzz_json(texts: list[str]) -> None:
    for text in texts:
        try_frame(f"[{text}]")


@QUICK
@given(st.lists(OBJECTS, min_size=5, max_size=20))
def test_fuzz_messages(objects: list[dict[str, Any]]) -> None:
    try_frame(json.dumps(objects))
    for one in objects:
        try_frame(json.dumps([one], ensure_ascii=False))


@QUICK
@given(st.sampled_from(GOOD), st.data())
def test_fuzz_flipped_characters(good: str, data: st.DataObject) -> None:
    flips = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(good) - 1), st.sampled_from('[]{}",:\\u0dn\0é\ud8001e.-')),
            min_size=60,
            max_size=120,
        )
    )
    for place, character in flips:
        try_frame(good[:place] + character + good[place + 1 :])
        try_frame(good[:place])
        try_frame(good[:place].encode("utf-8", "replace"))
