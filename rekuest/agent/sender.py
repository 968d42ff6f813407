"""What an agent says: events made by the session, sent through the connection."""

from __future__ import annotations

from typing import Any

from rekuest.actors.running import LogReport, Report
from rekuest.api import wire
from rekuest.client.connection import Connection
from rekuest.errors import LocalProtocolError
from rekuest.protocol.agent import AgentSession
from rekuest.protocol.attempt import StoredEvent

__all__ = ["Sender"]


class Sender:
    """Sends for one agent.  While there is no socket nothing is lost: the session keeps stored events."""

    def __init__(self, connection: Connection, session: AgentSession) -> None:
        self._connection = connection
        self.session = session

    def send(self, message: wire.ClientMessage) -> None:
        """Send a message.  An event over the limits is replaced by `Failed`.  Source: 1.8."""
        try:
            self._connection.send(message)
        except LocalProtocolError as exc:
            if not isinstance(message, StoredEvent):
                raise
            self._replace(message, exc)

    def event(self, event: StoredEvent | None) -> None:
        """Send an event; `None` is one that is of no use any more."""
        if event is not None:
            self.send(event)

    async def give(self, assignation: str, attempt: int, returns: dict[str, Any]) -> None:
        """Send a value of a generator, and wait while the server reads slower than it is given.

        Raises:
            LocalProtocolError: The value is over the limits; the call has `Failed`.
        """
        event = self.session.yield_(assignation, attempt, returns)
        if event is None:
            return
        try:
            self._connection.send(event)
        except LocalProtocolError as exc:
            self._replace(event, exc)
            raise
        await self._connection.drain()

    def report(self, assignation: str, attempt: int, report: Report) -> None:
        """Send a log line or progress; lossy."""
        message: wire.Log | wire.Progress | None
        if isinstance(report, LogReport):
            message = self.session.log(
                assignation,
                attempt,
                level=report.level,
                message=report.message,
                at=report.at,
                dropped=report.dropped,
            )
        else:
            message = self.session.progress(
                assignation, attempt, report.done, report.total, report.message
            )
        if message is not None:
            self._connection.send(message)

    def _replace(self, event: StoredEvent, error: LocalProtocolError) -> None:
        failed = self.session.replace(event, error)
        if failed is not None:
            self._connection.send(failed)
