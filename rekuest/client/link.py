"""One socket from its opening to its end: frames in, frames out, by the rules of `protocol.client`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from rekuest.api import wire
from rekuest.client.socket import Dial, Socket, SocketClosed
from rekuest.clock import Clock
from rekuest.protocol.client import ClientConnection, Handle, Instruction, Opened, Reply, Shut
from rekuest.protocol.limits import HELLO_LIMITS
from rekuest.protocol.outbox import Outbox

__all__ = ["Link", "LinkClosed"]

# What waits to be sent may take this much memory; then `drain` holds those who want to add more.
MAX_WAITING_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """How a socket ended."""

    code: int  # of RFC 6455 or of `CloseCode`
    reason: str  # for people
    was_opened: bool  # whether the server had answered `Welcome`


class Link:
    """One socket, its reader, its writer and its sign of life.  `run` is called once."""

    def __init__(
        self,
        clock: Clock,
        *,
        opened: Callable[[wire.Welcome], None],
        handle: Callable[[wire.ServerMessage], None],
    ) -> None:
        self._clock = clock
        self._opened = opened  # called at `Welcome`; may send
        self._handle = handle  # called with each message after it
        self._machine = ClientConnection()
        self._outbox = Outbox(HELLO_LIMITS, MAX_WAITING_BYTES)
        self._wake = asyncio.Event()  # something waits in the outbox, or the end was asked for
        self._drained = asyncio.Event()  # set when frames have gone out, and at the end
        self._tasks: asyncio.TaskGroup | None = None  # owns the tasks of the running link
        self._children: set[asyncio.Task[None]] = set()  # those that end with the link
        self._ticker: asyncio.Task[None] | None = None  # sleeps until the machine's deadline
        self._was_opened = False
        self._is_finishing = False  # close when everything is sent

    def send(self, message: wire.ClientMessage) -> None:
        """Queue a message.

        Raises:
            LocalProtocolError: It alone is over the server's limits.
        """
        self._outbox.put(message)
        self._wake.set()

    async def drain(self) -> None:
        """Return when the outbox is below its bound, or the link has ended."""
        while self._outbox.is_overfull and self._tasks is not None:
            self._drained.clear()
            await self._drained.wait()

    def finish(self, goodbye: wire.Goodbye) -> None:
        """Queue the last message, and close when everything is sent."""
        self._is_finishing = True
        self.send(goodbye)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the link; it is cancelled when the link ends."""
        if self._tasks is None:
            work.close()
            return
        child = self._tasks.create_task(work)
        self._children.add(child)
        child.add_done_callback(self._children.discard)

    async def run(self, dial: Dial, url: str, hello: wire.Hello) -> LinkClosed:
        """Open the socket, introduce this client, and move frames until the socket ends.

        Raises:
            TransportError: The socket cannot be opened.
            AuthError: The handshake is refused.
        """
        socket = await dial(url)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self.spawn(self._write(socket))
                try:
                    await self._obey(self._machine.hello(hello, self._clock.monotonic()), socket)
                    self._restart_ticker(socket)
                    return await self._read(socket)
                finally:
                    self._end()
        finally:
            await socket.close()

    async def _read(self, socket: Socket) -> LinkClosed:
        try:
            while True:
                frame = await socket.receive()
                await self._obey(self._machine.receive(frame, self._clock.monotonic()), socket)
        except SocketClosed as exc:
            return LinkClosed(exc.code, exc.reason, self._was_opened)

    async def _write(self, socket: Socket) -> None:
        """Send what waits, one frame at a time, so that a heartbeat overtakes the rest."""
        try:
            while True:
                await self._wake.wait()
                # One turn of the loop: a short function that has just been accepted ends in it, and both
                # events share a frame, and on the server a write.
                await asyncio.sleep(0)
                self._wake.clear()
                while (frame := self._outbox.next_frame()) is not None:
                    await socket.send(frame)
                    self._drained.set()
                if self._is_finishing:
                    await socket.close()
                    return
        except SocketClosed:
            return  # the reader sees it too, and says why

    async def _tick(self, socket: Socket) -> None:
        while True:
            await self._clock.sleep_until(self._machine.deadline())
            await self._obey(self._machine.tick(self._clock.monotonic()), socket)

    def _restart_ticker(self, socket: Socket) -> None:
        """Have the ticker look at the deadline again; it may be earlier than the one it sleeps to."""
        if self._ticker is not None:
            self._ticker.cancel()
        assert self._tasks is not None  # called while the link runs
        self._ticker = self._tasks.create_task(self._tick(socket))

    async def _obey(self, instructions: list[Instruction], socket: Socket) -> None:
        for instruction in instructions:
            match instruction:
                case Handle(message):
                    self._handle(message)
                case Reply(message, urgent):
                    (self._outbox.put_urgent if urgent else self._outbox.put)(message)
                    self._wake.set()
                case Opened(welcome):
                    self._was_opened = True
                    self._outbox.limits = welcome.limits
                    self._restart_ticker(socket)
                    self._opened(welcome)
                case Shut(code, reason):
                    await socket.close(code, reason)

    def _end(self) -> None:
        self._tasks = None
        self._drained.set()
        if self._ticker is not None:
            self._ticker.cancel()
        for child in self._children:
            child.cancel()
