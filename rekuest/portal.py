"""The way from synchronous code to the event loop that a client runs on.

The library is written once, async; each synchronous function is one line: `portal.call(self.afind, ...)`.
A portal either starts a thread with a loop of its own (`with client:`, so scripts, threads and
notebooks work) or serves the loop that is running (`async with client:`, so other threads can call in).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import Any, Generic, TypeVar, TypeVarTuple, Unpack, cast

from anyio.from_thread import BlockingPortal, start_blocking_portal

from rekuest.errors import UsageError

__all__ = ["CANCEL_GRACE", "Portal"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# A synchronous call that is interrupted (Ctrl-C) waits this long for its async twin to clean up, which
# itself waits up to 5 s until a remote call has confirmed its end.
CANCEL_GRACE = 6.0
_END = object()  # what a stream gives after its last item; no value of a user is this object


class Portal:
    """Runs async functions on one event loop, for any thread but the loop's own.

    anyio's portal owns the thread.  Calls are posted to its loop directly and not through
    `BlockingPortal.start_task_soon`: that one blocks until the task exists, so a Ctrl-C in this
    moment would leave a call behind that nobody holds (and it costs half as much again).
    """

    def __init__(
        self, thread: int, owner: AbstractContextManager[BlockingPortal] | None = None
    ) -> None:
        self._loop = asyncio.get_running_loop()  # where everything runs
        self._thread = thread  # identity of the loop's thread
        self._owner = owner  # ends the thread that was started; None if the loop is somebody else's
        self.running: set[asyncio.Task[Any]] = set()  # touched on the loop only
        self.streams: set[_Stream] = set()  # begun and not ended; touched on the loop only
        self._lock = threading.Lock()  # nothing is posted once _is_closed is set
        self._is_closed = False

    @classmethod
    def start(cls) -> Portal:
        """Start a thread with an event loop of its own; `stop` ends it."""
        owner = start_blocking_portal("asyncio", name="rekuest")
        portal = owner.__enter__()
        return portal.call(lambda: cls(threading.get_ident(), owner))

    @classmethod
    def attach(cls) -> Portal:
        """Serve the running loop; `adetach` ends that."""
        return cls(threading.get_ident())

    @property
    def is_here(self) -> bool:
        """Whether the running event loop is the portal's; False without one.  Cheap: asked at every call."""
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def call(
        self,
        afunction: Callable[[Unpack[Ts]], Coroutine[Any, Any, T]],
        *args: *Ts,
        twin: str | None = None,
    ) -> T:
        """Run an async function on the loop and wait for it, from another thread.

        A `KeyboardInterrupt` in the waiting thread cancels the function and waits for its cleanup.

        Args:
            afunction: Its name, without the leading `a`, is the sync function's.
            args: What it is called with.
            twin: Name of the async function to use on the loop instead, or `async with ...`; `None`: the
                name of `afunction`.

        Returns:
            What it returns; what it raises is raised here.

        Raises:
            UsageError: This is the loop's own thread, or the portal was stopped.
        """
        twin = afunction.__name__ if twin is None else twin
        self._refuse_own_thread(twin, twin if " " in twin else f"await {twin}(...)")
        running = _Running(self, lambda: afunction(*args))
        try:
            running.begin()
            return running.future.result()
        except concurrent.futures.CancelledError as exc:
            raise UsageError(f"the client was left while {twin}() ran") from exc
        except BaseException:
            if not running.future.done():  # this thread was interrupted, not the function
                running.cancel()
                concurrent.futures.wait([running.future], CANCEL_GRACE)
            raise

    async def acall(self, afunction: Callable[[Unpack[Ts]], Awaitable[T]], *args: *Ts) -> T:
        """Run an async function on the portal's loop, from whichever loop is running.

        On the portal's loop this is a plain await; on another one (a notebook's, while the client
        has a thread) the awaiting task is suspended and its cancellation is passed on.
        """
        if self.is_here:
            return await afunction(*args)

        running = _Running(self, lambda: afunction(*args))
        running.begin()
        try:
            return await asyncio.wrap_future(running.future)
        except asyncio.CancelledError:
            running.cancel()
            raise

    def iterate(self, twin: str, start: Callable[[], AsyncIterator[T]]) -> Iterator[T]:
        """Iterate over an async stream from another thread; leaving the loop early closes it.

        Args:
            twin: Name of the async function, for the error.
            start: Makes the stream; called on the portal's loop with the first item.

        Raises:
            UsageError: This is the loop's own thread.
        """
        self._refuse_own_thread(twin, f"async for item in {twin}(...)")
        return self._steps(start)

    def _steps(self, start: Callable[[], AsyncIterator[T]]) -> Iterator[T]:
        stream = _Stream(self, start)
        try:
            while (item := self.call(stream.astep)) is not _END:
                yield cast(T, item)
        finally:
            self._close(stream)

    def _close(self, stream: _Stream) -> None:
        if self._is_closed:
            return  # the loop's end has closed it
        if (
            threading.get_ident() == self._thread
        ):  # collected as garbage, on whatever thread that was
            _Running(self, stream.aclose).begin()
        else:
            self.call(stream.aclose)

    async def aiterate(self, start: Callable[[], AsyncIterator[T]]) -> AsyncGenerator[T, None]:
        """Iterate over a stream of the portal's loop, from whichever loop is running."""
        stream = _Stream(self, start)
        try:
            while (item := await self.acall(stream.astep)) is not _END:
                yield cast(T, item)
        finally:
            await self.acall(stream.aclose)

    async def aclose_streams(self) -> None:
        """Let every stream that waits for its consumer clean up.  To be awaited on the portal's loop."""
        for stream in list(self.streams):
            if not stream.is_stepping:
                await stream.aclose()

    def stop(self) -> None:
        """End the thread that `start` started; what still runs is cancelled.  May be called twice."""
        owner, self._owner = self._owner, None
        if owner is not None:
            end = _Running(self, self._cancel_running)
            end.begin(last=True)
            end.future.result()
            owner.__exit__(None, None, None)

    async def adetach(self) -> None:
        """Stop serving the loop that `attach` found; what still runs is cancelled.  May be repeated."""
        with self._lock:
            self._is_closed = True
        await self._cancel_running()

    async def _cancel_running(self) -> None:
        # What was posted before the portal closed must be a task before tasks are cancelled.
        await asyncio.sleep(0)
        left = self.running - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def post(self, callback: Callable[[], object], *, last: bool = False) -> None:
        """Have the loop call something soon, from any thread.

        Raises:
            UsageError: The portal is closed; it closes itself with the `last` one.
        """
        with self._lock:
            if self._is_closed:
                raise UsageError("the client is closed; enter it again, as in `with client:`")
            self._is_closed = last
            self._loop.call_soon_threadsafe(callback)

    def _refuse_own_thread(self, twin: str, instead: str) -> None:
        if threading.get_ident() == self._thread:
            sync = twin.removeprefix("async ") if " " in twin else f"{twin.removeprefix('a')}()"
            raise UsageError(
                f"{sync} would block the event loop that the client runs on; use `{instead}`"
            )


class _Running(Generic[T]):
    """One function on its way to the loop, running there, or ended."""

    def __init__(self, portal: Portal, run: Callable[[], Awaitable[T]]) -> None:
        self.future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._portal = portal
        self._run = run
        self._context = copy_context()  # of the caller: the current client, the running assignation
        self._task: asyncio.Task[T] | None = None  # touched on the loop only
        self._is_cancelled = False

    def begin(self, *, last: bool = False) -> None:
        """Have the loop start it; `last` closes the portal behind it."""
        try:
            self._portal.post(self._create_task, last=last)
        except UsageError:
            self.future.cancel()
            raise

    def cancel(self) -> None:
        """Have the loop cancel it, started or not; `future` ends when its cleanup has."""
        with contextlib.suppress(UsageError):  # a portal that closed cancels everything itself
            self._portal.post(self._cancel_task)

    def _create_task(self) -> None:
        if self._is_cancelled:
            self.future.cancel()
            return
        running = self._portal.running
        self._task = self._context.run(asyncio.ensure_future, self._finish())
        running.add(self._task)
        self._task.add_done_callback(running.discard)
        self._task.add_done_callback(self._hand_over)

    async def _finish(self) -> T:
        return await self._run()

    def _cancel_task(self) -> None:
        self._is_cancelled = True
        if self._task is not None:
            self._task.cancel()

    def _hand_over(self, task: asyncio.Task[T]) -> None:
        if self.future.cancelled():  # a loop that awaited it was cancelled
            if not task.cancelled():
                task.exception()  # read, so that asyncio does not report it as never retrieved
        elif task.cancelled():
            self.future.cancel()
            self.future.set_running_or_notify_cancel()
        elif (error := task.exception()) is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(task.result())


class _Stream:
    """An async iterator that is made when its first item is asked for."""

    def __init__(self, portal: Portal, start: Callable[[], AsyncIterator[Any]]) -> None:
        self.is_stepping = False  # an item is being waited for
        self._portal = portal
        self._start = start
        self._items: AsyncIterator[Any] | None = None  # None: not started
        self._is_closed = False

    async def astep(self) -> object:
        """Return the next item, or `_END`.

        Raises:
            UsageError: The client was left meanwhile.
        """
        if self._is_closed:
            raise UsageError("the client was left, which has closed this stream")
        if self._items is None:
            self._items = self._start()
            self._portal.streams.add(self)
        self.is_stepping = True
        try:
            return await anext(self._items, _END)
        finally:
            self.is_stepping = False

    async def aclose(self) -> None:
        """Let the stream clean up."""
        self._is_closed = True
        self._portal.streams.discard(self)
        if self._items is not None and hasattr(self._items, "aclose"):
            await self._items.aclose()
