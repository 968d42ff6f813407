"""The client: URL, credentials, app identity, GraphQL, socket and calls, composed.

`rekuest.app.Rekuest` adds providing to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Self, TypeVar

from rekuest.auth import Grant
from rekuest.client.connection import Connection
from rekuest.client.node import NodeHandle
from rekuest.clock import Clock
from rekuest.context import Operation
from rekuest.portal import Portal

__all__ = ["Client"]

R = TypeVar("R")


class Client:
    """Finds and calls nodes, and executes operations of the API.  Enter it with `with` or `async with`."""

    def __init__(
        self,
        identifier: str,
        *,
        url: str | None = None,
        auth: Grant | None = None,
        version: str = "0.1.0",
        instance_id: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        raise NotImplementedError

    connection: (
        Connection  # made when the client is entered; opened by the first call, or by an agent
    )
    portal: Portal  # made when the client is entered

    def __enter__(self) -> Self:
        """Start a thread with a loop of its own and become the current client.  Connects to nothing."""
        raise NotImplementedError

    def __exit__(self, *error: object) -> None: ...

    async def __aenter__(self) -> Self:
        """Live on the running loop and become the current client.  Connects to nothing."""
        raise NotImplementedError

    async def __aexit__(self, *error: object) -> None: ...

    async def afind(self, interface: str | None = None, **filters: Any) -> NodeHandle:
        """Find one node, by interface, app, name, hash or id."""
        raise NotImplementedError

    def find(self, interface: str | None = None, **filters: Any) -> NodeHandle:
        """Find one node; the blocking twin of `afind`."""
        raise NotImplementedError

    async def acall(self, interface: str, /, *args: Any, **kwargs: Any) -> Any: ...
    def call(self, interface: str, /, *args: Any, **kwargs: Any) -> Any: ...
    def aiterate(self, interface: str, /, *args: Any, **kwargs: Any) -> AsyncIterator[Any]: ...
    def iterate(self, interface: str, /, *args: Any, **kwargs: Any) -> Iterator[Any]: ...

    async def aexecute(self, operation: Operation[R], variables: Mapping[str, Any]) -> R: ...
    def execute(self, operation: Operation[R], variables: Mapping[str, Any]) -> R: ...
    def asubscribe(
        self, operation: Operation[R], variables: Mapping[str, Any]
    ) -> AsyncIterator[R]: ...
    def subscribe(self, operation: Operation[R], variables: Mapping[str, Any]) -> Iterator[R]: ...
