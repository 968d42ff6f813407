"""Which client executes an operation: the one named, the context's, or the process's only one.

A client calls `enter` when it is entered and `leave` when it is left, from any thread and in any
order; every generated function ends in one of `execute`, `aexecute`, `subscribe`, `asubscribe`.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from rekuest.context.operation import Operation
from rekuest.errors import UsageError

__all__ = [
    "Client",
    "Entered",
    "aexecute",
    "asubscribe",
    "current_client",
    "enter",
    "execute",
    "leave",
    "subscribe",
]

R = TypeVar("R")


class Client(Protocol):
    """Sends operations to a server; variables arrive here as JSON values."""

    async def aexecute(self, operation: Operation[R], variables: Mapping[str, Any]) -> R:
        """Execute a query or mutation."""
        ...

    def execute(self, operation: Operation[R], variables: Mapping[str, Any]) -> R:
        """Execute a query or mutation, blocking the calling thread."""
        ...

    def asubscribe(self, operation: Operation[R], variables: Mapping[str, Any]) -> AsyncIterator[R]:
        """Yield each result of a subscription."""
        ...

    def subscribe(self, operation: Operation[R], variables: Mapping[str, Any]) -> Iterator[R]:
        """Yield each result of a subscription, blocking the calling thread between them."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Entered:
    """One `enter` that waits for its `leave`."""

    client: Client
    outer: Entered | None  # what was current in this context before; found again after `leave`


_current: ContextVar[Entered | None] = ContextVar("rekuest_client", default=None)
_lock = threading.Lock()
_entered: list[Entered] = []  # of the whole process, oldest first; guarded by _lock


def enter(client: Client) -> Entered:
    """Make a client current for this context and known to the process.

    Args:
        client: May be entered more than once; each needs its own `leave`.

    Returns:
        What `leave` takes, from this thread or another.
    """
    entered = Entered(client, _current.get())
    with _lock:
        _entered.append(entered)
    _current.set(entered)
    return entered


def leave(entered: Entered) -> None:
    """Take back one `enter`.  Safe to call from another thread or context, and twice.

    Contexts that still hold the client notice it when they next ask for the current one: a
    context variable can only be reset where it was set, so nothing relies on that.
    """
    with _lock:
        if entered in _entered:
            _entered.remove(entered)
    if _current.get() is entered:
        _current.set(entered.outer)


def current_client() -> Client:
    """Return this context's client, else the only client that the process has entered.

    Raises:
        UsageError: No client is entered, or several and none of them in this context.
    """
    with _lock:
        entered = list(_entered)
    held = _current.get()
    while held is not None and held not in entered:
        held = held.outer
    if held is not None:
        return held.client
    clients: list[Client] = []
    for entry in entered:
        if not any(entry.client is client for client in clients):
            clients.append(entry.client)
    if len(clients) == 1:
        return clients[0]
    if not clients:
        raise UsageError("no client is entered; use `with Rekuest(...)`, or pass client=")
    listed = ", ".join(repr(client) for client in clients)
    raise UsageError(f"several clients are entered here ({listed}); pass client= to choose one")


async def aexecute(
    operation: Operation[R], variables: Mapping[str, Any], client: Client | None = None
) -> R:
    """Execute a query or mutation.

    Args:
        operation: What to send.
        variables: {name: value} as the operation's models take them; `UNSET` is not sent.
        client: Who sends it; `None` is the current client.

    Returns:
        The operation's result.
    """
    chosen = current_client() if client is None else client
    return await chosen.aexecute(operation, operation.dump(variables))


def execute(
    operation: Operation[R], variables: Mapping[str, Any], client: Client | None = None
) -> R:
    """Execute a query or mutation; the blocking twin of `aexecute`."""
    chosen = current_client() if client is None else client
    return chosen.execute(operation, operation.dump(variables))


def asubscribe(
    operation: Operation[R], variables: Mapping[str, Any], client: Client | None = None
) -> AsyncIterator[R]:
    """Yield each result of a subscription.

    The client is chosen and the variables are checked when this is called, not at the first item.
    """
    chosen = current_client() if client is None else client
    return chosen.asubscribe(operation, operation.dump(variables))


def subscribe(
    operation: Operation[R], variables: Mapping[str, Any], client: Client | None = None
) -> Iterator[R]:
    """Yield each result of a subscription; the blocking twin of `asubscribe`."""
    chosen = current_client() if client is None else client
    return chosen.subscribe(operation, operation.dump(variables))
