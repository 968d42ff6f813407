"""A client of the socket without any of our client's code: what any other language would write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.acceptance.process import PATIENCE
from tests.acceptance.system import System

__all__ = ["RawSession", "call", "raw_session"]

Message = dict[str, Any]


class RawSession:
    """One open socket.  Messages are plain objects."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._waiting: list[Message] = []

    def send(self, tag: str, **fields: Any) -> None:
        """Send one message."""
        self._socket.send(json.dumps([{"__typename": tag, **fields}]))

    def receive(self, *tags: str) -> Message:
        """Return the next message of one of these types; others are dropped."""
        while True:
            while self._waiting:
                message = self._waiting.pop(0)
                if message["__typename"] in tags:
                    return message
            self._waiting.extend(json.loads(self._socket.recv(PATIENCE)))


@contextmanager
def raw_session(system: System, *, app: str = "acceptance") -> Iterator[RawSession]:
    """Open a session with the local client's token."""
    url = system.url.replace("http", "ws", 1) + "/session"
    with connect(url, subprotocols=["rekuest.v1"], compression=None) as socket:  # type: ignore[list-item]  # a NewType of str
        session = RawSession(socket)
        session.send(
            "Hello",
            token=system.token(),
            protocolVersion=1,
            app={"identifier": app, "version": "1"},
            instanceId="raw",
            sessionId="raw-session",
        )
        session.receive("Welcome")
        yield session


def call(session: RawSession, node: str, args: Message, **fields: Any) -> Message:
    """Call a node and return the answer."""
    session.send(
        "Call",
        **{
            "reference": "raw-1",
            "node": node,
            "args": args,
            "wait": False,
            "priority": "NORMAL",
            "ephemeral": False,
            "cached": False,
            "cancelOnDisconnect": False,
            **fields,
        },
    )
    return session.receive("CallAccepted", "CallRejected")
