"""The client: URL, credentials, app identity, GraphQL, socket and calls, composed.

`rekuest.app.Rekuest` adds providing to it.
"""

from __future__ import annotations

import socket
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from rekuest import context
from rekuest.api import NodeFilter, aget_node, alist_nodes
from rekuest.api.fragments.node_fields import NodeFields
from rekuest.api.results.list_nodes import ListNodesItems
from rekuest.auth import Grant, resolve_grant, resolve_url
from rekuest.client.caller import Caller
from rekuest.client.connection import Connection, Identity
from rekuest.client.finding import Wanted, choose, none_left
from rekuest.client.node import NodeHandle
from rekuest.client.shape import NodeShape
from rekuest.clock import Clock, SystemClock
from rekuest.context import UNSET, Operation
from rekuest.errors import UsageError
from rekuest.portal import Portal
from rekuest.structures import Registry

if TYPE_CHECKING:
    from rekuest.client.graphql import GraphQL

__all__ = ["Client", "default_instance_id"]

R = TypeVar("R")

_PAGE = 200  # nodes asked for at a time
_MOST = 1000  # nodes looked at before a search counts as too wide


def default_instance_id() -> str:
    """Return the name of this program on this machine: `host/script`."""
    return f"{socket.gethostname()}/{Path(sys.argv[0]).stem or 'python'}"


class _Open:
    """What lives while a client is entered."""

    def __init__(self, client: Client, portal: Portal) -> None:
        self.portal = portal
        self.url = resolve_url(client.given_url)
        self.tokens = resolve_grant(client.auth).source(self.url, client.clock)
        identity = Identity(
            client.identifier, client.version, client.instance_id, session_id=uuid.uuid4().hex
        )
        self.connection = Connection(self.url, identity, self.tokens, client.clock)
        self.caller = Caller(self.connection, client.clock)
        self.graphql: GraphQL | None = None  # made by the first operation

    async def aclose(self) -> None:
        """Say goodbye and close what is open; first the streams, which cancel their calls."""
        await self.portal.aclose_streams()
        await self.connection.aclose()
        await self.caller.aclose()
        if self.graphql is not None:
            await self.graphql.aclose()


class Client:
    """Finds and calls nodes, and executes operations of the API.

    Enter it with `with` (a thread of its own) or `async with` (the running loop); it connects when
    something is first asked of the server.  It may be entered again when it was left, and again
    while it is entered: then only the outermost block opens and closes.
    """

    def __init__(
        self,
        identifier: str,
        *,
        url: str | None = None,
        auth: Grant | None = None,
        version: str = "0.1.0",
        instance_id: str | None = None,
        registry: Registry | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.identifier = identifier  # of the app
        self.version = version  # of the app
        self.instance_id = instance_id or default_instance_id()
        self.given_url = (
            None if url is None else resolve_url(url)
        )  # None: the environment, the file
        self.auth = auth  # None: the environment, the local server's file
        self.registry = registry  # of structures; None: the process's
        self.clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._open: _Open | None = None  # None: not entered
        self._entered: list[context.Entered] = []  # one for each block that is entered

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.identifier!r})"

    @property
    def is_entered(self) -> bool:
        """Whether a block is entered."""
        return self._open is not None

    @property
    def url(self) -> str:
        """The server's URL; known while the client is entered."""
        return self._opened().url

    @property
    def portal(self) -> Portal:
        """The way to the loop that the client runs on."""
        return self._opened().portal

    @property
    def connection(self) -> Connection:
        """The connection to the server; the first call opens it, or an agent."""
        return self._opened().connection

    @property
    def caller(self) -> Caller:
        """Who makes the calls."""
        return self._opened().caller

    def __enter__(self) -> Self:
        """Start a thread with a loop and become the current client.  Nothing is connected yet."""
        with self._lock:
            if self._open is None:
                portal = Portal.start()
                try:
                    self._open = portal.call(self._amake, portal)
                except BaseException:
                    portal.stop()
                    raise
            self._entered.append(context.enter(self))
        return self

    def __exit__(self, *error: object) -> None:
        """Leave; the outermost block says goodbye and ends the thread."""
        left = self._leave()
        if left is not None:
            try:
                left.portal.call(left.aclose)
            finally:
                left.portal.stop()

    async def __aenter__(self) -> Self:
        """Live on the running loop and become the current client.  Nothing is connected yet."""
        with self._lock:
            if self._open is None:
                self._open = _Open(self, Portal.attach())
            self._entered.append(context.enter(self))
        return self

    async def __aexit__(self, *error: object) -> None:
        """Leave; the outermost block says goodbye."""
        left = self._leave()
        if left is not None:
            try:
                await left.aclose()
            finally:
                await left.portal.adetach()

    async def afind(
        self,
        interface: str | None = None,
        *,
        app: str | None = None,
        name: str | None = None,
        hash: str | None = None,
        id: str | None = None,
    ) -> NodeHandle:
        """Find one node; of several, that of one's own app, then the one that can be called.

        Args:
            interface: The name that an app provides it under: the function's, usually.
            app: Identifier of an app that provides it.
            name: Name of the node.
            hash: Identity of the node.
            id: Id of the node.

        Raises:
            UsageError: There is none, or several are left; says what to check, or which argument decides.
            AuthError: The server does not accept the credentials.
            TransportError: There is no server.
        """
        wanted = Wanted(interface, app, name, hash, id)
        return await self.portal.acall(self._afind, wanted)

    def find(
        self,
        interface: str | None = None,
        *,
        app: str | None = None,
        name: str | None = None,
        hash: str | None = None,
        id: str | None = None,
    ) -> NodeHandle:
        """Find one node; the blocking twin of `afind`."""
        wanted = Wanted(interface, app, name, hash, id)
        return self.portal.call(self._afind, wanted, twin="afind")

    async def acall(self, node: NodeHandle | str, /, *args: Any, **kwargs: Any) -> Any:
        """Find a node by its interface and call it; for many calls keep what `afind` returns."""
        handle = await self.afind(node) if isinstance(node, str) else node
        return await handle.aassign(*args, **kwargs)

    def call(self, node: NodeHandle | str, /, *args: Any, **kwargs: Any) -> Any:
        """Find a node by its interface and call it; the blocking twin of `acall`."""
        return self._found(node, "acall").assign(*args, **kwargs)

    async def aiterate(
        self, node: NodeHandle | str, /, *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """Find a generator by its interface and iterate over its values."""
        handle = await self.afind(node) if isinstance(node, str) else node
        async with aclosing(handle.aiterate(*args, **kwargs)) as stream:
            async for value in stream:
                yield value

    def iterate(self, node: NodeHandle | str, /, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Find a generator by its interface and iterate over its values; the twin of `aiterate`."""
        return self._found(node, "aiterate").iterate(*args, **kwargs)

    async def aexecute(self, operation: Operation[R], variables: Mapping[str, Any]) -> R:
        """Execute a query or mutation of the API; the generated functions end here."""
        return await self.portal.acall(self._aexecute, operation, variables)

    def execute(self, operation: Operation[R], variables: Mapping[str, Any]) -> R:
        """Execute a query or mutation of the API; the blocking twin of `aexecute`."""
        return self.portal.call(self._aexecute, operation, variables, twin="aexecute")

    def asubscribe(self, operation: Operation[R], variables: Mapping[str, Any]) -> AsyncIterator[R]:
        """Yield each result of a subscription of the API."""
        return self.portal.aiterate(lambda: self._graphql().asubscribe(operation, variables))

    def subscribe(self, operation: Operation[R], variables: Mapping[str, Any]) -> Iterator[R]:
        """Yield each result of a subscription of the API; the blocking twin of `asubscribe`."""
        return self.portal.iterate(
            "asubscribe", lambda: self._graphql().asubscribe(operation, variables)
        )

    def _found(self, node: NodeHandle | str, twin: str) -> NodeHandle:
        """Find a node for a sync function, whose async twin is named where it must not block."""
        if not isinstance(node, str):
            return node
        return self.portal.call(self._afind, Wanted(node), twin=twin)

    def _opened(self) -> _Open:
        if self._open is None:
            raise UsageError(f"{self!r} is not entered; use `with client:` or `async with client:`")
        return self._open

    async def _amake(self, portal: Portal) -> _Open:
        return _Open(self, portal)

    def _leave(self) -> _Open | None:
        """Leave one block; returns what has to be closed if it was the outermost."""
        with self._lock:
            context.leave(self._entered.pop())
            if self._entered:
                return None
            left, self._open = self._open, None
        return left

    def _graphql(self) -> GraphQL:
        found = self._opened()
        if found.graphql is None:
            from rekuest.client.graphql import GraphQL  # httpx takes 0.1 s: only who asks waits

            found.graphql = GraphQL(found.url, found.tokens)
        return found.graphql

    async def _aexecute(self, operation: Operation[R], variables: Mapping[str, Any]) -> R:
        return await self._graphql().aexecute(operation, variables)

    async def _afind(self, wanted: Wanted) -> NodeHandle:
        node: NodeFields | None
        if wanted.id is not None or wanted.hash is not None:
            node = await aget_node(id=wanted.id or UNSET, hash=wanted.hash or UNSET, client=self)
        else:
            node = choose(wanted, await self._alist(wanted), self.identifier, self.url)
        if node is None:
            raise none_left(wanted, self.url)
        return NodeHandle(self, NodeShape(node, self.registry))

    async def _alist(self, wanted: Wanted) -> list[ListNodesItems]:
        """Read the nodes that an interface, app or name fits, page by page."""
        given = {key: value for key, value in wanted.given.items() if key not in ("hash", "id")}
        nodes: list[ListNodesItems] = []
        after: str | None = None
        while len(nodes) < _MOST:
            page = await alist_nodes(
                filter=NodeFilter(**given), first=_PAGE, after=after, client=self
            )
            nodes += page.items
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page or after is None:
                break
        return nodes
