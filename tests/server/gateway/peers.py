"""The two kinds of peers that tests connect: a well-behaved client, and one that writes the bytes itself."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import struct
from base64 import b64encode
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from rekuest.api import wire
from rekuest.protocol.codec import encode, read_server

Message = TypeVar("Message")

WAIT = 10.0  # seconds that anything may take before the test fails

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_sessions = itertools.count(1)


def hello(token: str = "ann", *, app: str = "app", session: str | None = None) -> wire.Hello:
    """Return a good first message; the token is the user's name."""
    return wire.Hello(
        token=token,
        protocol_version=1,
        app=wire.AppIdentity(identifier=app, version="1"),
        instance_id="rig",
        session_id=session or f"session-{next(_sessions)}",
    )


class Client:
    """A client on a socket of the `websockets` package."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.received: list[Any] = []
        self._read = 0

    async def sends(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        await self.socket.send(frame)

    async def says(self, *messages: Any) -> None:
        """Send messages in one frame; a dict goes out as it is."""
        texts = [
            json.dumps(message) if isinstance(message, dict) else encode(message)
            for message in messages
        ]
        await self.sends(f"[{','.join(texts)}]")

    async def gets(self, kind: type[Message]) -> Message:
        """Return the next message of a kind that was not returned before."""
        async with asyncio.timeout(WAIT):
            while True:
                for index in range(self._read, len(self.received)):
                    if isinstance(self.received[index], kind):
                        self._read = index + 1
                        found: Message = self.received[index]
                        return found
                for one in json.loads(await self.socket.recv()):
                    self.received.append(read_server(one))

    async def event(self, kind: str) -> wire.AssignationEvent:
        """Return the next event of a kind."""
        while True:
            event = (await self.gets(wire.Event)).event
            if event.kind == kind:
                return event

    async def closed(self) -> tuple[int, str]:
        """Return code and reason with which the server closes; reads whatever comes before."""
        async with asyncio.timeout(WAIT):
            try:
                while True:
                    for one in json.loads(await self.socket.recv()):
                        self.received.append(read_server(one))
            except ConnectionClosed as closed:
                if closed.rcvd is None:
                    return 1006, ""
                return closed.rcvd.code, closed.rcvd.reason

    async def opened(self, first: wire.Hello | None = None) -> Self:
        """Say hello and wait for the welcome."""
        await self.says(first or hello())
        await self.gets(wire.Welcome)
        return self

    async def beats(self, number: int | None = None) -> None:
        """Show that the session is open; the number is the next one unless it is given."""
        number = number or len(self.of(wire.Heartbeat)) + 1
        await self.says(wire.Heartbeat(number=number))
        assert (await self.gets(wire.Heartbeat)).number == number

    def of(self, kind: type[Message]) -> list[Message]:
        """Return everything of a kind that was received so far."""
        return [message for message in self.received if isinstance(message, kind)]


def frame(
    opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    """Return the bytes of one WebSocket frame of a client."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, mask_bit | len(payload))
    elif len(payload) < 1 << 16:
        head = struct.pack("!BBH", first, mask_bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    spread = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return head + mask + bytes(a ^ b for a, b in zip(payload, spread, strict=True))


class RawPeer:
    """A client that writes its bytes itself, so that they can be wrong."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def handshake(self, *headers: str, subprotocol: str | None = "rekuest.v1") -> str:
        """Ask for the upgrade; returns the head of the answer."""
        lines = [
            "GET /session HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            *headers,
        ]
        if subprotocol is not None:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        async with asyncio.timeout(WAIT):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def write(self, *frames: bytes) -> None:
        """Send bytes; a server that has closed already is left to `closed`."""
        try:
            for data in frames:
                self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            pass

    async def read(self) -> tuple[int, bytes]:
        """Return opcode and payload of the server's next frame."""
        first, length = await self.reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return first & 0x0F, await self.reader.readexactly(length)

    async def closed(self) -> tuple[int, str]:
        """Return code and reason of the server's close frame; 1006 if there is none."""
        async with asyncio.timeout(WAIT):
            try:
                while True:
                    opcode, payload = await self.read()
                    if opcode == CLOSE:
                        code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                        return code, payload[2:].decode()
            except (asyncio.IncompleteReadError, ConnectionError):
                return 1006, ""

    def cut(self) -> None:
        """Reset the connection."""
        self.writer.transport.abort()
