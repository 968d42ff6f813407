"""What arrives broken, or means harm, over a real socket: rows 41 to 51 of the fault catalogue."""

from __future__ import annotations

import json
import logging
import random
import struct

import pytest

from rekuest.api import wire
from rekuest.api.enums import ErrorCode
from rekuest.protocol.codec import encode
from tests.server.gateway.conftest import LIMITS, Gateway
from tests.server.gateway.peers import BINARY, CLOSE, CONT, PING, TEXT, Client, frame, hello

pytestmark = pytest.mark.anyio

HELLO = f"[{encode(hello())}]".encode()


async def still_serves(gateway: Gateway) -> None:
    """Show that another client is none the worse."""
    client = await gateway.client()
    await client.says(wire.Heartbeat(number=1))
    assert (await client.gets(wire.Heartbeat)).number == 1


@pytest.fixture(autouse=True)
def _no_tracebacks(caplog: pytest.LogCaptureFixture) -> object:
    """What a peer sends is never logged as an error of ours."""
    yield
    for phase in ("setup", "call"):
        errors = [one for one in caplog.get_records(phase) if one.levelno >= logging.ERROR]
        assert [one.getMessage() for one in errors if one.exc_info] == []


@pytest.mark.parametrize("opcode", [0x3, 0x7, 0xB, 0xF])
async def test_fault_41_an_unknown_opcode_closes_1002(gateway: Gateway, opcode: int) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(opcode, b"x"))
    assert (await peer.closed())[0] == 1002
    await still_serves(gateway)


@pytest.mark.parametrize("rsv", [1, 2, 4, 7])
async def test_fault_41_reserved_bits_close_1002(gateway: Gateway, rsv: int) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(TEXT, HELLO, rsv=rsv))
    assert (await peer.closed())[0] == 1002


async def test_fault_41_a_frame_without_mask_closes_1002(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(TEXT, HELLO, masked=False))
    assert (await peer.closed())[0] == 1002


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([frame(CONT, b"x")], id="continues nothing"),
        pytest.param([frame(TEXT, b"[", fin=False), frame(TEXT, b"]")], id="interleaved"),
        pytest.param([frame(PING, b"x", fin=False)], id="fragmented ping"),
        pytest.param([frame(PING, b"x" * 126)], id="long ping"),
        pytest.param([frame(CLOSE, b"x")], id="close of one byte"),
        pytest.param([frame(CLOSE, struct.pack("!H", 1005))], id="close with 1005"),
    ],
)
async def test_fault_41_what_rfc_6455_forbids_closes_1002(
    gateway: Gateway, frames: list[bytes]
) -> None:
    peer = await gateway.upgraded()
    await peer.write(*frames)
    assert (await peer.closed())[0] == 1002
    await still_serves(gateway)


async def test_fault_41_a_truncated_frame_ends_its_socket_only(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(TEXT, HELLO)[:-5])
    peer.writer.close()
    await still_serves(gateway)


async def test_fault_41_flipped_bits_end_their_socket_only(gateway: Gateway) -> None:
    numbers = random.Random(41)
    for _ in range(40):
        peer = await gateway.upgraded()
        data = bytearray(frame(TEXT, HELLO) + frame(TEXT, b'[{"__typename":"Heartbeat"}]'))
        for _ in range(3):
            data[numbers.randrange(len(data))] ^= 1 << numbers.randrange(8)
        await peer.write(bytes(data))
        peer.writer.close()
    await still_serves(gateway)


async def test_fault_41_a_binary_frame_closes_1002(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.sends(b"[]")
    assert await client.closed() == (1002, "the frame is binary; send text")


@pytest.mark.parametrize(
    "text", [b"\xff", b"[\xc3(]", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"]
)
async def test_fault_42_what_is_not_utf_8_closes_1007(gateway: Gateway, text: bytes) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(TEXT, text))
    assert (await peer.closed())[0] == 1007
    await still_serves(gateway)


async def test_fault_42_a_character_may_be_split_between_fragments(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    text = HELLO.replace(b'"rig"', '"ríg"'.encode())
    middle = text.index(b"\xc3") + 1
    await peer.write(frame(TEXT, text[:middle], fin=False), frame(CONT, text[middle:]))
    assert b"Welcome" in (await peer.read())[1]


async def test_fault_43_an_oversized_frame_closes_1009(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(TEXT, b"[" + b" " * LIMITS.frame_bytes + b"]"))
    assert (await peer.closed())[0] == 1009
    await still_serves(gateway)


async def test_fault_43_fragments_that_grow_too_large_close_1009(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    part = b" " * 100_000
    await peer.write(frame(TEXT, b"[", fin=False), *[frame(CONT, part, fin=False)] * 11)
    assert (await peer.closed())[0] == 1009


async def test_fault_43_before_hello_64_kib_are_the_limit(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(TEXT, HELLO + b" " * (64 << 10)))
    assert (await peer.closed())[0] == 1009


async def test_fault_43_a_frame_of_exactly_the_limit_is_read(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.sends("[" + " " * (LIMITS.frame_bytes - 2) + "]")
    await client.says(wire.Heartbeat(number=1))
    assert (await client.gets(wire.Heartbeat)).number == 1


async def test_fault_43_empty_fragments_are_not_kept(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(TEXT, b"", fin=False), frame(CONT, b"", fin=False) * 5_000)
    await peer.write(frame(PING, b"there"))
    await peer.read()
    (connection,) = gateway.state.connections
    assert len(connection.frames) <= 1  # type: ignore[union-attr]  # our own class
    await peer.write(frame(CONT, HELLO))
    assert b"Welcome" in (await peer.read())[1]


async def test_fault_44_compression_is_not_negotiated(gateway: Gateway) -> None:
    peer = await gateway.raw()
    head = await peer.handshake("Sec-WebSocket-Extensions: permessage-deflate")
    assert " 101 " in head
    assert "sec-websocket-extensions" not in head.lower()


async def test_fault_45_deep_nesting_closes_4400(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.sends("[" * 100_000 + "]" * 100_000)
    assert (await client.closed())[0] == 4400
    await still_serves(gateway)


async def test_fault_45_one_level_more_than_the_limit_closes_4400(gateway: Gateway) -> None:
    client = await gateway.client()
    deep = "[" * (LIMITS.depth - 1) + "]" * (LIMITS.depth - 1)
    await client.sends(f'[{{"__typename":"Heartbeat","number":1,"more":{deep}}}]')
    assert (await client.closed())[0] == 4400


BAD_JSON = [
    pytest.param('{"number":NaN}', id="46 NaN"),
    pytest.param('{"number":Infinity}', id="46 Infinity"),
    pytest.param('{"number":-Infinity}', id="46 -Infinity"),
    pytest.param('{"number":1e999}', id="46 1e999"),
    pytest.param('{"reason":"\\ud800"}', id="47 lone surrogate"),
    pytest.param('{"reason":"\\udc00\\ud800"}', id="47 swapped surrogates"),
    pytest.param('{"reason":"\\u0000"}', id="48 NUL"),
    pytest.param('{"\\u0000":1}', id="48 NUL in a key"),
    pytest.param('{"number":1,"number":2}', id="49 a key twice"),
    pytest.param('{"more":{"a":1,"a":1}}', id="49 a key twice inside"),
    pytest.param('{"number":' + "9" * 5_000 + "}", id="50 an integer of 5,000 digits"),
]


@pytest.mark.parametrize("message", BAD_JSON)
async def test_fault_46_to_50_bad_json_closes_4400(gateway: Gateway, message: str) -> None:
    client = await gateway.client()
    await client.sends(f"[{message}]")
    assert (await client.closed())[0] == 4400
    await still_serves(gateway)


async def test_fault_50_a_large_integer_is_carried_as_text(gateway: Gateway) -> None:
    client = await gateway.client()
    text = json.dumps({"__typename": "Heartbeat", "number": 10**4000})
    await client.sends(f"[{text}]")
    refused = await client.gets(wire.Refused)
    assert (refused.message, refused.code) == ("Heartbeat", ErrorCode.BAD_MESSAGE)


@pytest.mark.parametrize("frame", ['{"a":1}', '"text"', "7", "null", "[1]", "[[]]", "", "[", "nul"])
async def test_clause_1_6_what_is_no_array_of_objects_closes_4400(
    gateway: Gateway, frame: str
) -> None:
    client = await gateway.client()
    await client.sends(frame)
    assert (await client.closed())[0] == 4400


async def _answered(client: Client) -> None:
    await client.says(wire.Heartbeat(number=1))
    assert (await client.gets(wire.Heartbeat)).number == 1


async def test_fault_51_an_unknown_message_is_refused_and_its_neighbours_go_on(
    gateway: Gateway,
) -> None:
    client = await gateway.client()
    await client.says(
        {"__typename": "Heartbeat", "number": 1}, {"__typename": "Explode"}, {"number": 2}
    )
    assert (await client.gets(wire.Heartbeat)).number == 1
    first, second = await client.gets(wire.Refused), await client.gets(wire.Refused)
    assert [(one.message, one.code) for one in (first, second)] == [
        ("Explode", ErrorCode.BAD_MESSAGE),
        (None, ErrorCode.BAD_MESSAGE),
    ]
    await client.says(wire.Heartbeat(number=2))
    await client.gets(wire.Heartbeat)


async def test_fault_51_an_unknown_field_is_ignored(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.says({"__typename": "Heartbeat", "number": 1, "colour": "red"})
    assert (await client.gets(wire.Heartbeat)).number == 1


async def test_fault_51_an_unknown_field_in_hello_closes_4400(gateway: Gateway) -> None:
    client = await gateway.connect()
    await client.says(json.loads(encode(hello())) | {"colour": "red"})
    code, reason = await client.closed()
    assert code == 4400
    assert "'colour'" in reason


async def test_fault_51_another_protocol_version_closes_4406(gateway: Gateway) -> None:
    client = await gateway.connect()
    await client.says(json.loads(encode(hello())) | {"protocolVersion": 7, "colour": "red"})
    assert await client.closed() == (
        4406,
        "protocol version 7 is not spoken here; this is 1",
    )


async def test_fault_51_a_message_of_the_server_is_refused(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.says({"__typename": "Welcome"}, hello())
    refused = [await client.gets(wire.Refused), await client.gets(wire.Refused)]
    assert [one.code for one in refused] == [ErrorCode.OUT_OF_PLACE, ErrorCode.OUT_OF_PLACE]


async def test_clause_1_7_a_refused_is_never_answered(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.says({"__typename": "Refused"}, {"__typename": "Refused", "code": 7})
    await _answered(client)
    assert client.of(wire.Refused) == []


async def test_clause_1_4_more_messages_than_the_limit_close_4400(gateway: Gateway) -> None:
    client = await gateway.client()
    await client.sends("[" + ",".join(["{}"] * (LIMITS.messages + 1)) + "]")
    assert (await client.closed())[0] == 4400


async def test_clause_1_2_an_empty_array_means_nothing(gateway: Gateway) -> None:
    client = await gateway.connect()
    await client.sends("[]")
    await client.opened()
    await client.sends("[]")
    await _answered(client)


async def test_a_fragmented_frame_is_read_whole(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    parts = [HELLO[index : index + 1] for index in range(len(HELLO))]
    frames = [frame(CONT, part, fin=False) for part in parts[1:]]
    await peer.write(frame(TEXT, parts[0], fin=False), *frames, frame(CONT, b""))
    assert b"Welcome" in (await peer.read())[1]


async def test_a_ping_is_answered(gateway: Gateway) -> None:
    peer = await gateway.upgraded()
    await peer.write(frame(PING, b"there?"))
    assert await peer.read() == (0xA, b"there?")
    await peer.write(frame(BINARY, b"x"))
    assert (await peer.closed())[0] == 1002
