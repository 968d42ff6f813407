"""The instance of a template's function on an agent: one interface for all kinds of function.

User code runs inside `Actor.run` and nowhere else: whatever it raises becomes an outcome; only the
cancellation of the agent itself passes through.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rekuest.actors.boundary import describe_exception
from rekuest.actors.conversion import convert
from rekuest.actors.outcome import Outcome, Raised, Stopped
from rekuest.actors.running import Running, enter
from rekuest.actors.threads import WorkerThreads
from rekuest.definition import Definition

__all__ = ["Actor", "Emit"]

Emit = Callable[
    [dict[str, Any]], Awaitable[None]
]  # sends one value of a generator, {port key: wire}


class Actor(ABC):
    """Runs calls of one function.  Stateless: any number of calls at once, on the agent's loop."""

    def __init__(self, definition: Definition, workers: WorkerThreads) -> None:
        self.concurrency = definition.template.concurrency  # what the agent grants as credits
        self._definition = definition
        self._workers = workers

    async def run(self, call: Running, args: Mapping[str, Any], emit: Emit) -> Outcome:
        """Run one call to its end.

        Args:
            call: Becomes the running one for the function's code; is ended when this returns.
            args: {port key: wire value}, as `Assign` carries them.
            emit: Awaited with each value of a generator; may hold the generator back.

        Returns:
            How it ended.  `Stopped` only if it was asked to stop and ended by that.

        Raises:
            asyncio.CancelledError: The task was cancelled, and not by `call.stop`.
        """
        enter(call)
        try:
            return await self._run(call, args, emit)
        except BaseException as exc:  # noqa: BLE001 - the boundary of user code
            return self._judge(call, exc)
        finally:
            call.is_ended = True

    async def _run(self, call: Running, args: Mapping[str, Any], emit: Emit) -> Outcome:
        if call.is_stopping:
            return Stopped()
        task = asyncio.current_task()
        assert task is not None  # a coroutine of asyncio runs in one
        call.on_stop = task.cancel
        definition = self._definition
        values = await convert(definition.arguments.begin(args), self._workers)
        positional, named = definition.bind(values)
        return await self._work(call, lambda: definition.function(*positional, **named), emit)

    def _judge(self, call: Running, error: BaseException) -> Outcome:
        if isinstance(error, asyncio.CancelledError):
            if call.is_stopping:
                return Stopped()
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                call.is_stopping = True  # code in a thread can still notice
                raise error
        return Raised(describe_exception(error))

    @abstractmethod
    async def _work(self, call: Running, invoke: Callable[[], Any], emit: Emit) -> Outcome:
        """Invoke the function and see its result through.

        While synchronous code runs, `call.on_stop` must not cancel the task: nobody would wait for
        the thread any more.
        """

    async def _shrink(self, value: object) -> dict[str, Any]:
        """Turn what the function gave into its wire form; raises ShrinkError if it does not fit."""
        definition = self._definition
        return await convert(definition.returns.begin(definition.split(value)), self._workers)
