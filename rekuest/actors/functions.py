"""Actors of functions that return once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rekuest.actors.actor import Actor, Emit
from rekuest.actors.outcome import Outcome, Returned
from rekuest.actors.running import Running

__all__ = ["AsyncFunctionActor", "ThreadFunctionActor"]


class AsyncFunctionActor(Actor):
    """An async function, on the agent's loop."""

    async def _work(self, call: Running, invoke: Callable[[], Any], emit: Emit) -> Outcome:
        return Returned(await self._shrink(await invoke()))


class ThreadFunctionActor(Actor):
    """A synchronous function, in a worker thread."""

    async def _work(self, call: Running, invoke: Callable[[], Any], emit: Emit) -> Outcome:
        cancel, call.on_stop = call.on_stop, None  # the code sees `check_cancelled`
        finished = await self._workers.run(invoke)
        call.on_stop = cancel
        if finished.error is not None:
            return self._judge(call, finished.error)
        return Returned(await self._shrink(finished.value))
