"""The WebSocket as uvicorn speaks it, with an end to its patience: given to uvicorn as `ws`.

ASGI has no word for a peer that does not read: uvicorn's `send` waits for it, and closing waits for what is in the
transport's buffer, both for ever.  This class adds `SHUT`, an entry of the scope's extensions that the gateway uses.
"""

from __future__ import annotations

import logging
from typing import Any

from uvicorn._types import ASGISendEvent, WebSocketScope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

__all__ = ["SHUT", "SocketProtocol"]

logger = logging.getLogger(__name__)

# Name of the extension: a function (code, reason) that closes even if the peer does not read.
SHUT = "rekuest.shut"


class SocketProtocol(WebSocketsSansIOProtocol):
    """One connection.  A peer that has not taken its close frame `close_timeout` later is cut off."""

    scope: WebSocketScope

    def handle_cont(self, event: Frame) -> None:
        """Take one fragment; empty ones, which no limit of size would ever stop, are not kept."""
        if event.data or event.fin:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Hand a message over; one that is not UTF-8 closes the connection, and is no error of ours to log."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.fail(1007, "the frame is not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    async def run_asgi(self) -> None:
        """Run the application, with `SHUT` among its extensions."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[SHUT] = self.shut
        await super().run_asgi()

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application sends; after its close the peer has only so much time."""
        await super().send(message)
        if message["type"] == "websocket.close" and self.close_timer is not None:
            self._cut_off_later()

    def shut(self, code: int, reason: str) -> None:
        """Close behind what the transport holds already, without waiting for the peer to read."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self._cut_off_later()

    def _cut_off_later(self) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
