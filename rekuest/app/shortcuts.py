"""The module-level functions of `rekuest`: each is a method of the current client.

The current client is the one entered in this context, else the only one that the process has entered.
`register` works before any client exists: then the functions belong to a default app, which `run`
provides.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar, Unpack, overload

from rekuest.app.options import RegisterOptions
from rekuest.app.rekuest import Rekuest
from rekuest.client.client import Client
from rekuest.client.node import NodeHandle
from rekuest.context import current_client
from rekuest.errors import UsageError

__all__ = [
    "acall",
    "afind",
    "aiterate",
    "arun",
    "call",
    "find",
    "iterate",
    "register",
    "run",
]

F = TypeVar("F", bound=Callable[..., Any])

_default: Rekuest | None = None  # made when a function is registered before any client is entered
_lock = threading.Lock()


@overload
def register(function: F, /) -> F: ...


@overload
def register(**options: Unpack[RegisterOptions]) -> Callable[[F], F]: ...


def register(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Register a function with the current client, else with the process's default app.

    Args:
        function: What to provide; without it this returns a decorator.
        options: As `Rekuest.register` takes them.

    Raises:
        DefinitionError: The function cannot be provided as it is written, or its interface is taken.
    """
    app = _providing()
    if function is None:
        return app.register(**options)
    return app.register(function)


def run() -> None:
    """Provide what is registered, as `Rekuest.run` does."""
    _providing().run()


async def arun() -> None:
    """Provide what is registered, as `Rekuest.arun` does."""
    await _providing().arun()


def find(
    interface: str | None = None,
    *,
    app: str | None = None,
    name: str | None = None,
    hash: str | None = None,
    id: str | None = None,
) -> NodeHandle:
    """Find one node, as `Rekuest.find` does.

    Args:
        interface: The name that an app provides it under: the function's, usually.
        app: Identifier of an app that provides it.
        name: Name of the node.
        hash: Identity of the node.
        id: Id of the node.

    Raises:
        UsageError: No client is entered; or no node fits, or several do.
    """
    return _calling().find(interface, app=app, name=name, hash=hash, id=id)


async def afind(
    interface: str | None = None,
    *,
    app: str | None = None,
    name: str | None = None,
    hash: str | None = None,
    id: str | None = None,
) -> NodeHandle:
    """Find one node, as `find` does."""
    return await _calling().afind(interface, app=app, name=name, hash=hash, id=id)


def call(node: NodeHandle | str, /, *args: Any, **kwargs: Any) -> Any:
    """Find a node and call it once, as `Rekuest.call` does."""
    return _calling().call(node, *args, **kwargs)


async def acall(node: NodeHandle | str, /, *args: Any, **kwargs: Any) -> Any:
    """Find a node and call it once, as `Rekuest.acall` does."""
    return await _calling().acall(node, *args, **kwargs)


def iterate(node: NodeHandle | str, /, *args: Any, **kwargs: Any) -> Iterator[Any]:
    """Find a generator node and iterate over its values, as `Rekuest.iterate` does."""
    return _calling().iterate(node, *args, **kwargs)


def aiterate(node: NodeHandle | str, /, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
    """Find a generator node and iterate over its values, as `Rekuest.aiterate` does."""
    return _calling().aiterate(node, *args, **kwargs)


def _calling() -> Client:
    client = current_client()
    if not isinstance(client, Client):
        raise UsageError(f"the current client {client!r} cannot call nodes; enter a Rekuest")
    return client


def _providing() -> Rekuest:
    try:
        client = current_client()
    except UsageError:
        return _default_app()
    if not isinstance(client, Rekuest):
        raise UsageError(f"the current client {client!r} cannot provide; enter a Rekuest")
    return client


def _default_app() -> Rekuest:
    global _default
    with _lock:
        if _default is None:
            _default = Rekuest()
        return _default
