"""Threads that synchronous user code runs in.

An agent has one `WorkerThreads`.  How many calls run at once is decided by credits, so the pool has
no bound of its own; a thread that is done waits for the next call.  The threads are daemons: code
that never returns cannot keep the process alive.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar, cast

__all__ = ["Finished", "ThreadStream", "WorkerThreads"]

T = TypeVar("T")

MAX_IDLE = 32  # threads that wait for a call; further ones end when they are done
WINDOW = 16  # values that a generator's thread may be ahead of what was sent


class Finished(Generic[T]):
    """What a function did, kept instead of raised: a future cannot carry a `StopIteration`."""

    __slots__ = ("error", "value")

    def __init__(self, function: Callable[[], T]) -> None:
        self.value: T | None = None  # what it returned; None if it raised
        self.error: BaseException | None = None  # what it raised; None if it returned
        try:
            self.value = function()
        except BaseException as exc:  # noqa: BLE001 - user code; actors/boundary.py describes it
            self.error = exc


class WorkerThreads:
    """Runs functions in daemon threads, each with a copy of the caller's context variables."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []  # wait for a job; guarded by _lock
        self._is_closed = False
        self._started = 0  # threads ever started, for their names

    def start(self, function: Callable[[], T]) -> asyncio.Future[Finished[T]]:
        """Run a function in a thread; the future never has an exception.

        Cancelling the future changes nothing for the function: a thread cannot be stopped.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Finished[T]] = loop.create_future()
        context = contextvars.copy_context()

        def job() -> Callable[[], None]:
            finished: Finished[T] = Finished(lambda: context.run(function))
            return lambda: _settle_soon(loop, future, finished)

        self._take().put(job)
        return future

    async def run(self, function: Callable[..., T], *args: Any) -> Finished[T]:
        """Run a function in a thread and wait until it has ended."""
        return await self.start(lambda: function(*args))

    def close(self) -> None:
        """Let idle threads end; busy ones end with their function.  May be called twice."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.put(None)

    def _take(self) -> _Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            self._started += 1
            name = f"rekuest-actor-{self._started}"
        return _Worker(self._keep, name)

    def _keep(self, worker: _Worker) -> bool:
        with self._lock:
            if self._is_closed or len(self._idle) >= MAX_IDLE:
                return False
            self._idle.append(worker)
            return True


class _Worker:
    """One thread and the queue of its next job."""

    def __init__(self, keep: Callable[[_Worker], bool], name: str) -> None:
        self._keep = keep  # takes the worker back; False: it is to end
        self._jobs: SimpleQueue[Callable[[], Callable[[], None]] | None] = SimpleQueue()
        self.put = self._jobs.put  # a job returns what delivers its result; None ends the thread
        threading.Thread(target=self._loop, name=name, daemon=True).start()

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            deliver = job()
            # First back into the pool, then deliver: the next call finds this thread and needs no other.
            is_kept = self._keep(self)
            deliver()
            del job, deliver  # an idle thread keeps no result alive
            if not is_kept:
                return


def _settle_soon(loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], result: T) -> None:
    def settle() -> None:
        if not future.done():
            future.set_result(result)

    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(settle)


class ThreadStream(Generic[T]):
    """Runs a synchronous generator in one thread and gives its values to the loop.

    All of the generator runs in the same thread, since it may hold what belongs to a thread.  It is
    at most `WINDOW` values ahead.
    """

    def __init__(self, workers: WorkerThreads, start: Callable[[], Iterator[T]]) -> None:
        self._start = start  # makes the generator; called in the thread
        self._values: deque[T] = deque()  # what waits for the loop; the thread appends
        self._room = threading.Semaphore(WINDOW)
        self._is_wanted = asyncio.Event()  # set when there may be values, or the thread has ended
        self._is_closing = False  # the generator is closed at its next value
        self.was_closed = False  # it was closed before it was exhausted
        self._loop = asyncio.get_running_loop()
        self._ended = workers.start(self._drive)
        self._ended.add_done_callback(lambda _: self._is_wanted.set())

    def __aiter__(self) -> ThreadStream[T]:
        return self

    async def __anext__(self) -> T:
        while not self._values:
            if self._ended.done():
                self._raise()
                raise StopAsyncIteration
            self._is_wanted.clear()
            if not self._values:  # one may have come between the look and the clearing
                await self._is_wanted.wait()
        self._room.release()
        return self._values.popleft()

    def close(self) -> None:
        """Ask the thread to close the generator at its next value.  Does not wait for that."""
        self._is_closing = True
        self._room.release()

    async def aclose(self) -> None:
        """Close the generator and wait until its code has ended; raises what its end raises."""
        self.close()
        await asyncio.wait((self._ended,))
        self._raise()

    def _raise(self) -> None:
        error = self._ended.result().error
        if error is not None:
            raise error

    def _drive(self) -> None:
        values = iter(self._start())
        try:
            for value in values:
                self._room.acquire()
                if self._is_closing:
                    self.was_closed = True
                    return
                self._values.append(value)
                if len(self._values) == 1:
                    with suppress(RuntimeError):  # the loop is closed
                        self._loop.call_soon_threadsafe(self._is_wanted.set)
        finally:
            close = cast("Callable[[], None] | None", getattr(values, "close", None))
            if close is not None:
                close()
