"""A session as the service sees it: one running program of an app, with or without a socket at the moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from rekuest.api import wire
from rekuest.protocol.declare import DeclarationAssembler
from rekuest.server.domain.principal import Principal
from rekuest.server.store.rows import AppRow


class Link(Protocol):
    """The socket of a session, as the gateway offers it.  Nothing here raises, and only `has_room` waits."""

    def send(self, message: wire.ServerMessage) -> None:
        """Queue a message."""

    def acknowledge(self, receipt: wire.Receipt) -> None:
        """Queue a receipt; those of one flush travel together."""

    def close(self, code: int, reason: str) -> None:
        """Close the socket after what is queued."""

    async def has_room(self) -> bool:
        """Return when much may be queued; False if the socket closes."""


@dataclass(slots=True, eq=False)
class Session:
    """One running program of an app.  It outlives its socket by the lease."""

    id: str  # random, made by the client's process
    principal: Principal
    app: AppRow
    instance_id: str
    user_agent: str | None
    link: Link | None  # None: the socket is gone
    agent: str | None = None  # id of the agent whose lease it holds
    away_since: float | None = None  # monotonic; None while there is a socket
    follows: dict[str, Follower] = field(default_factory=dict)  # by assignation id
    # Held while stored events are read for this session: one page of them at a time.
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    reservations: set[str] = field(default_factory=set)  # ids of those that end with it
    assembler: DeclarationAssembler = field(default_factory=DeclarationAssembler)

    @property
    def key(self) -> tuple[str, str, str]:
        """What names a session on the server: (user, app identifier, session id)."""
        return self.principal.user, self.app.identifier, self.id

    def send(self, message: wire.ServerMessage) -> bool:
        """Queue a message if there is a socket; returns whether there is."""
        if self.link is None:
            return False
        self.link.send(message)
        return True

    def acknowledge(self, assignation: str, attempt: int, seq: int) -> None:
        """Tell the agent that it may forget its events up to `seq`."""
        if self.link is not None:
            self.link.acknowledge(wire.Receipt(assignation=assignation, attempt=attempt, seq=seq))

    def refuse(
        self,
        message: wire.ClientMessage,
        code: str,
        reason: str,
        *,
        subject: str | None = None,
        receipt: wire.Receipt | None = None,
    ) -> None:
        """Answer a message that is not followed.  Source: schema/PROTOCOL.md, 1.7."""
        self.send(
            wire.Refused(
                message=message.typename__,
                subject=subject,
                receipt=receipt,
                code=code,
                reason=reason,
            )
        )

    async def has_room(self) -> bool:
        """Return when much may be sent; False if there is no socket, or it closes."""
        return self.link is not None and await self.link.has_room()

    def shut(self, code: int, reason: str) -> None:
        """Close the socket, if there is one."""
        if self.link is not None:
            self.link.close(code, reason)


@dataclass(slots=True, eq=False)
class Follower:
    """A session that follows a call: it gets every numbered event once and in order."""

    session: Session
    assignation: str
    cursor: int  # number of the last event that was sent to it
    is_behind: bool = False  # what it lacks is read from the store, new events as well
    newest: int = 0  # the last event that it heard of while it was behind
    is_over: bool = False  # nothing more is sent to it

    def deliver(self, event: wire.AssignationEvent) -> None:
        """Send an event that has just happened; one that is behind finds it in the store."""
        if self.is_over:
            return
        if self.is_behind:
            self.newest = max(self.newest, event.number or 0)
        else:
            self.send(event)

    def send(self, event: wire.AssignationEvent) -> None:
        """Send an event, unless it was sent already."""
        if event.number is not None:
            if event.number <= self.cursor:
                return
            self.cursor = event.number
        self.session.send(wire.Event(assignation=self.assignation, event=event))
