"""Collects the single reads of one step of a request and does them together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from rekuest.server.service.read.related import Related

__all__ = ["Loader", "Loaders"]

Value = TypeVar("Value")


class Loader(Generic[Value]):
    """One kind of read.  Keeps nothing once it is answered, so that a subscription never reads what was."""

    def __init__(self, fetch: Callable[[Sequence[str]], Awaitable[Mapping[str, Value]]]) -> None:
        self._fetch = fetch
        self._waiting: dict[str, asyncio.Future[Value | None]] = {}
        self._running: set[asyncio.Task[None]] = set()  # the loop alone holds tasks weakly

    def load(self, key: str) -> asyncio.Future[Value | None]:
        """Return what belongs to a key, None if nothing does.  All loads up to the loop's next turn are one read."""
        if key not in self._waiting:
            loop = asyncio.get_running_loop()
            if not self._waiting:
                loop.call_soon(self._start)
            self._waiting[key] = loop.create_future()
        return self._waiting[key]

    def _start(self) -> None:
        task = asyncio.ensure_future(self._run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self) -> None:
        # The resolvers of a list run as tasks; by now all of them have asked.
        waiting, self._waiting = self._waiting, {}
        try:
            found = await self._fetch(list(waiting))
        except Exception as error:  # noqa: BLE001  goes to everybody who waits
            for future in waiting.values():
                if not future.done():
                    future.set_exception(error)
            return
        for key, future in waiting.items():
            if not future.done():
                future.set_result(found.get(key))


class Loaders:
    """The loaders of one request."""

    def __init__(self, related: Related) -> None:
        self.users = Loader(related.users)
        self.apps = Loader(related.apps)
        self.nodes = Loader(related.nodes)
        self.templates = Loader(related.templates)
        self.agents = Loader(related.agents)
        self.provisions = Loader(related.provisions)
        self.reservations = Loader(related.reservations)
        self.assignations = Loader(related.assignations)
        self.progress = Loader(related.progress)
        self.words = Loader(related.words)
        self.callable_nodes = Loader(related.callable_nodes)
        self.declared_by = Loader(related.declared_by)
        self.hosts_of = Loader(related.hosts_of)
        self.behind = Loader(related.behind)
        self.running_calls = Loader(related.running_calls)
