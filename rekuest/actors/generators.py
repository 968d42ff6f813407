"""Actors of generators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from rekuest.actors.actor import Actor, Emit
from rekuest.actors.outcome import Outcome, Returned, Stopped
from rekuest.actors.running import Running
from rekuest.actors.threads import ThreadStream

__all__ = ["AsyncGeneratorActor", "ThreadGeneratorActor"]


class AsyncGeneratorActor(Actor):
    """An async generator, on the agent's loop."""

    async def _work(self, call: Running, invoke: Callable[[], Any], emit: Emit) -> Outcome:
        stream = invoke()
        try:
            async for value in stream:
                await emit(await self._shrink(value))
        finally:
            # Also after a cancellation: its code has not ended before its `finally` blocks have.
            if hasattr(stream, "aclose"):
                await stream.aclose()
        return Returned(None)


class ThreadGeneratorActor(Actor):
    """A synchronous generator, in a worker thread."""

    async def _work(self, call: Running, invoke: Callable[[], Any], emit: Emit) -> Outcome:
        stream: ThreadStream[Any] = ThreadStream(self._workers, invoke)
        call.on_stop = stream.close
        try:
            async for value in stream:
                await emit(await self._shrink(value))
        except asyncio.CancelledError:
            stream.close()  # nobody waits for the thread when the agent itself ends
            raise
        except BaseException:
            await stream.aclose()
            raise
        return Stopped() if stream.was_closed else Returned(None)
