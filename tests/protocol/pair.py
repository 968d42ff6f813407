"""Both ends of a connection, back to back, without a socket."""

from __future__ import annotations

from rekuest.api import wire
from rekuest.protocol import client, server
from rekuest.protocol.client import ClientConnection
from rekuest.protocol.instruction import Shut
from rekuest.protocol.outbox import Outbox
from rekuest.protocol.server import ServerConnection
from tests.protocol import messages


class Pair:
    """A client and a server that hand each other frames; `now` is moved by the test."""

    def __init__(
        self, *, welcome: wire.Welcome | None = None, hello: wire.Hello | None = None
    ) -> None:
        self.now = 0.0
        self.client = ClientConnection()
        self.server = ServerConnection(now=0.0)
        self.to_server = Outbox(messages.LIMITS, 1 << 20)
        self.to_client = Outbox(messages.LIMITS, 1 << 20)
        self.handled_by_client: list[wire.ServerMessage] = []
        self.handled_by_server: list[wire.ClientMessage] = []
        self.opened: wire.Welcome | None = None
        self.shut: Shut | None = None
        self._welcome = welcome or messages.welcome()
        self._follow_client(self.client.hello(hello or messages.hello(), self.now))
        self.pump()

    def pump(self) -> None:
        """Carry frames until nothing waits on either side."""
        while self.to_server or self.to_client:
            for text in self.to_server.frames():
                self._follow_server(self.server.receive(text, self.now))
            for text in self.to_client.frames():
                self._follow_client(self.client.receive(text, self.now))

    def advance(self, seconds: float) -> None:
        """Let time pass on both sides, deadline by deadline."""
        end = self.now + seconds
        while (due := min(self.client.deadline(), self.server.deadline())) <= end:
            self.now = due
            self._follow_client(self.client.tick(due))
            self._follow_server(self.server.tick(due))
            self.pump()
        self.now = end

    def _follow_client(self, instructions: list[client.Instruction]) -> None:
        for instruction in instructions:
            match instruction:
                case client.Opened(welcome):
                    self.opened = welcome
                case client.Handle(message):
                    self.handled_by_client.append(message)
                case client.Reply(reply, urgent):
                    (self.to_server.put_urgent if urgent else self.to_server.put)(reply)
                case Shut():
                    self.shut = instruction

    def _follow_server(self, instructions: list[server.Instruction]) -> None:
        for instruction in instructions:
            match instruction:
                case server.Authenticate():
                    self._follow_server(self.server.welcome(self._welcome, self.now))
                case server.Handle(message):
                    self.handled_by_server.append(message)
                case server.Reply(reply, urgent):
                    (self.to_client.put_urgent if urgent else self.to_client.put)(reply)
                case Shut():
                    self.shut = instruction
