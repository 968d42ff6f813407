"""Node handles: what `find` returns, and what is called."""

from __future__ import annotations

import inspect
import threading
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol, Self

from rekuest.api import enums, wire
from rekuest.client.caller import Caller, current_parent
from rekuest.client.holding import Holding
from rekuest.client.jobs import finish
from rekuest.client.ongoing import Watch
from rekuest.client.shape import NodeShape
from rekuest.errors import UsageError
from rekuest.portal import Portal
from rekuest.structures import Begun

__all__ = ["CallOptions", "Entered", "NodeHandle"]


class Entered(Protocol):
    """What a handle needs of the client that found it; both raise `UsageError` while it is not entered."""

    @property
    def portal(self) -> Portal:
        """The way to its loop."""
        ...

    @property
    def caller(self) -> Caller:
        """Who makes its calls."""
        ...


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How the calls of a handle are made.  The fields mean what `Call` in the schema says."""

    timeout: float | None = None
    queue_timeout: float | None = None
    wait: bool = False
    reference: str | None = None
    ephemeral: bool = False
    cancel_on_disconnect: bool = False
    on_progress: Callable[[wire.ProgressInfo], object] | None = None
    on_log: Callable[[wire.LogLine], object] | None = None


class _Holdings:
    """The reservations that `with` blocks hold through one handle and its copies.  Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[Holding] = []  # any of them serves; the newest is used

    def push(self, holding: Holding) -> None:
        """A block was entered."""
        with self._lock:
            self._held.append(holding)

    def pop(self) -> Holding | None:
        """A block was left."""
        with self._lock:
            return self._held.pop() if self._held else None

    def newest(self) -> str | None:
        """Return the id of the reservation to call through; `None`: call the node."""
        held = self._held
        return held[-1].reservation if held else None


class NodeHandle:
    """One node, to be called.  Frozen; may be used from any thread.

    `node(4, "johannes")` and `node.assign(4, "johannes")` return the result, `await
    node.aassign(...)` does in async code; generators are iterated over with `iterate` and `aiterate`.
    In `with node:` the calls go through a reservation of one instance.
    """

    def __init__(
        self,
        client: Entered,
        shape: NodeShape,
        options: CallOptions | None = None,
        holdings: _Holdings | None = None,
    ) -> None:
        self._client = client
        self._shape = shape
        self._options = options or CallOptions()
        self._holdings = holdings or _Holdings()
        self._watch = Watch(self._options.on_progress, self._options.on_log)
        self.__doc__ = shape.documentation
        self.__name__ = shape.name

    @property
    def id(self) -> str:
        """Opaque id of the node."""
        return self._shape.id

    @property
    def hash(self) -> str:
        """Identity of the node: the same name and types have the same hash."""
        return self._shape.hash

    @property
    def name(self) -> str:
        """Name of the node."""
        return self._shape.name

    @property
    def title(self) -> str:
        """A short title for people."""
        return self._shape.title

    @property
    def description(self) -> str | None:
        """What it does; `None` if the author wrote nothing."""
        return self._shape.description

    @property
    def kind(self) -> enums.NodeKind:
        """One result, or a stream of them."""
        return self._shape.kind

    @property
    def ports(self) -> tuple[wire.Port, ...]:
        """Arguments and returns, flat, in pre-order."""
        return self._shape.ports

    @property
    def __signature__(self) -> inspect.Signature:
        return self._shape.signature

    def __repr__(self) -> str:
        return f"<node {self.name}{self._shape.signature}>"

    def options(
        self,
        *,
        timeout: float | None = None,
        queue_timeout: float | None = None,
        wait: bool = False,
        reference: str | None = None,
        ephemeral: bool = False,
        cancel_on_disconnect: bool = False,
        on_progress: Callable[[wire.ProgressInfo], object] | None = None,
        on_log: Callable[[wire.LogLine], object] | None = None,
    ) -> NodeHandle:
        """Return the same node with other options for its calls; what is not given is as usual.

        Args:
            timeout: Seconds until a call expires, running or not. `None`: never.
            queue_timeout: Seconds that it may wait for an agent. `None`: as long as one is there.
            wait: Wait for an agent even if none is connected.
            reference: Idempotency key: the same one again is the same call. `None`: a new one each time.
            ephemeral: Keep no record: fastest, and lost with the server.
            cancel_on_disconnect: Cancel the call when this program goes away.
            on_progress: Called with each progress; on the client's loop, so it must be quick.
            on_log: Called with each line that the function logs, in the same way.

        Raises:
            UsageError: A function that is to be told is async, or a duration is not positive.
        """
        for name, told in (("on_progress", on_progress), ("on_log", on_log)):
            if inspect.iscoroutinefunction(told):
                raise UsageError(f"{name}= is an async function; it is called, not awaited")
        for name, seconds in (("timeout", timeout), ("queue_timeout", queue_timeout)):
            if seconds is not None and not seconds > 0:
                raise UsageError(f"{name}={seconds!r} is not a positive number of seconds")
        options = CallOptions(
            timeout=timeout,
            queue_timeout=queue_timeout,
            wait=wait,
            reference=reference,
            ephemeral=ephemeral,
            cancel_on_disconnect=cancel_on_disconnect,
            on_progress=on_progress,
            on_log=on_log,
        )
        return NodeHandle(self._client, self._shape, options, self._holdings)

    async def aassign(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the node and wait for its result.  Cancelling it cancels the call.

        Args:
            args: In the order of the ports.
            kwargs: By the keys of the ports.

        Returns:
            The value; a tuple if there are several; `None` if there is none.

        Raises:
            UsageError: The node is a generator.
            ShrinkError: An argument does not fit its port; nothing was sent.
            RejectedError: The server did not take the call.
            RemoteError: The function raised.
            AssignationError: The call ended in another way without a result.
            TransportError: There is no server.
        """
        portal = self._client.portal
        if portal.is_here:
            return await self._aassign(args, kwargs)
        return await portal.acall(self._aassign, args, kwargs)

    def assign(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the node and wait for its result; the blocking twin of `aassign`."""
        return self._client.portal.call(self._aassign, args, kwargs, twin="aassign")

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the node as the function that it is: `assign`, or `iterate` for a generator."""
        if self._shape.is_generator:
            return self.iterate(*args, **kwargs)
        return self.assign(*args, **kwargs)

    def aiterate(self, /, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        """Call a generator and iterate over its values.  Closing the iterator cancels the call.

        Raises:
            UsageError: The node is no generator.
            ShrinkError: An argument does not fit its port; nothing was sent.
        """
        begun = self._begin_stream(args, kwargs)
        return self._client.portal.aiterate(lambda: self._astream(begun))

    def iterate(self, /, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Call a generator and iterate over its values; the blocking twin of `aiterate`."""
        begun = self._begin_stream(args, kwargs)
        return self._client.portal.iterate("aiterate", lambda: self._astream(begun))

    def __enter__(self) -> Self:
        """Reserve one instance; calls in the block go through the reservation."""
        self._client.portal.call(self._areserve, twin="async with node")
        return self

    def __exit__(self, *error: object) -> None:
        """Give the reservation back."""
        self._client.portal.call(self._arelease, twin="async with node")

    async def __aenter__(self) -> Self:
        """Reserve one instance; calls in the block go through the reservation."""
        await self._client.portal.acall(self._areserve)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Give the reservation back."""
        await self._client.portal.acall(self._arelease)

    async def _areserve(self) -> None:
        self._holdings.push(
            await self._client.caller.areserve(self.id, self.name, wait=self._options.wait)
        )

    async def _arelease(self) -> None:
        holding = self._holdings.pop()
        if holding is not None:
            await self._client.caller.arelease(holding)

    async def _aassign(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        shape = self._shape
        if shape.is_generator:
            raise UsageError(
                f"node {self.name!r} is a generator; use iterate(...), or `async for` over aiterate(...)"
            )
        begun = shape.begin(args, kwargs)
        call = self._call(begun.finish() if not begun.jobs else await finish(begun))
        return await shape.aexpand(
            await self._client.caller.arun(call, node=self.name, watch=self._watch)
        )

    def _begin_stream(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Begun:
        if not self._shape.is_generator:
            raise UsageError(
                f"node {self.name!r} gives one result; use assign(...), or await aassign(...)"
            )
        return self._shape.begin(args, kwargs)

    async def _astream(self, begun: Begun) -> AsyncIterator[Any]:
        call = self._call(await finish(begun))
        caller = self._client.caller
        async with aclosing(caller.astream(call, node=self.name, watch=self._watch)) as stream:
            async for returns in stream:
                yield await self._shape.aexpand(returns)

    def _call(self, args: dict[str, Any]) -> wire.Call:
        options, reservation = self._options, self._holdings.newest()
        return wire.Call(
            reference=options.reference or uuid.uuid4().hex,
            node=None if reservation else self.id,
            reservation=reservation,
            args=args,
            timeout=options.timeout,
            queue_timeout=options.queue_timeout,
            wait=options.wait,
            priority=enums.Priority.NORMAL,
            ephemeral=options.ephemeral,
            cached=False,
            parent=current_parent.get(),
            cancel_on_disconnect=options.cancel_on_disconnect,
        )
