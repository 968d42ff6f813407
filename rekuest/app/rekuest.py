"""`Rekuest`: one app, which registers functions and provides them, and finds and calls those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, Unpack, overload

from rekuest.agent import Agent
from rekuest.app.logs import show_log
from rekuest.app.names import default_identifier
from rekuest.app.options import RegisterOptions, check_options
from rekuest.app.registrations import Registrations
from rekuest.app.stopping import Stop, on_stop_signals
from rekuest.auth import Grant
from rekuest.client.client import Client
from rekuest.clock import Clock
from rekuest.context import enter, leave
from rekuest.definition import define
from rekuest.errors import UsageError
from rekuest.structures.registry import Registry, default_registry

__all__ = ["Rekuest"]

F = TypeVar("F", bound=Callable[..., Any])


class Rekuest(Client):
    """An app.  Calls and provides over one connection; enter it with `with` or `async with`.

    Making one connects to nothing and reads no credentials; a program that only calls never becomes
    an agent.
    """

    def __init__(
        self,
        identifier: str | None = None,
        *,
        url: str | None = None,
        auth: Grant | None = None,
        version: str = "0.1.0",
        instance_id: str | None = None,
        takeover: bool = False,
        registry: Registry | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Describe an app.

        Args:
            identifier: Dotted or plain name; `None` is the script's name.
            url: The server's; `None` is `REKUEST_URL`, else the local server's.
            auth: Credentials, e.g. a `ClientCredentialsGrant`; `None` takes them from the environment,
                else from the local server's file.
            version: The app's own.
            instance_id: Tells several running programs of one app apart; `None` is host and script.
            takeover: Replace a live agent of the same identity instead of being refused.
            registry: Where structures are found; `None` is one of its own, which looks into the process's.
            clock: Tells time; `None` is the machine's.
        """
        super().__init__(
            default_identifier() if identifier is None else identifier,
            url=url,
            auth=auth,
            version=version,
            instance_id=instance_id,
            registry=Registry(default_registry()) if registry is None else registry,
            clock=clock,
        )
        self._takeover = takeover
        self._registrations = Registrations()
        self._agent: Agent | None = None  # while it provides
        self._stop: Stop | None = None  # between the begin and the end of `run` or `arun`

    @overload
    def register(self, function: F, /) -> F: ...

    @overload
    def register(self, /, **options: Unpack[RegisterOptions]) -> Callable[[F], F]: ...

    def register(self, function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
        """Register a function: its hints become ports, its docstring its documentation.

        Used as `@client.register` or `@client.register(...)`.  It records and checks; the function is
        returned unchanged.  One that is registered while the app provides is declared at once.

        Args:
            function: What to provide.
            interface: The name that this app knows it by; by default the function's.
            name: Name of the node; by default the interface.
            idempotent: Running it twice does no harm; a call may be tried again after its agent was lost.
            pure: Equal arguments always give equal results and nothing else happens; implies idempotent.
            concurrency: Most calls at a time; by default 1 for sync functions and 16 for async ones.
            autoprovide: Provision it as soon as the app is there, not only when somebody needs it.
            max_instances: Most provisions of it on one agent; `None`: no bound.
            labels: Free labels that reservations can ask for, such as `gpu`.
            retry: How an idempotent function is tried again; `None` is the server's way.

        Raises:
            DefinitionError: The function cannot be provided as it is written, or its interface is taken.
            TypeError: An option is not one of these.
        """
        check_options(options)
        if function is None:
            return lambda given: self._register(given, **options)
        return self._register(function, **options)

    def _register(self, function: F, **options: Any) -> F:
        self._registrations.add(define(function, registry=self.registry, **options))
        agent = self._agent
        if agent is not None:
            agent.loop.call_soon_threadsafe(agent.replace, self._registrations.all())
        return function

    def run(self) -> None:
        """Provide what is registered, until SIGINT or SIGTERM.

        Tries for ever to reach the server.  Enters the client if it is not entered.

        Raises:
            UsageError: Nothing is registered; another live agent has this identity; or this is the
                thread of a running event loop that the client uses: then `await client.arun()`.
            RekuestError: The server refuses this app for good.
        """
        show_log()
        with self._stoppable() as stop:
            if self.is_entered:
                self.portal.call(self._aprovide, stop, twin="arun")
            else:
                with self:
                    self.portal.call(self._aprovide, stop, twin="arun")

    async def arun(self) -> None:
        """Provide what is registered, until cancelled, or until SIGINT or SIGTERM in the main thread.

        Enters the client if it is not entered.  Raises what `run` raises.
        """
        with self._stoppable() as stop:
            if self.is_entered:
                await self.portal.acall(self._aprovide, stop)
            else:
                async with self:
                    await self._aprovide(stop)

    def stop(self) -> None:
        """End `run` or `arun`, from any thread.  Without one under way it does nothing."""
        stop = self._stop
        if stop is not None:
            stop.request()

    @contextmanager
    def _stoppable(self) -> Iterator[Stop]:
        if self._stop is not None:
            raise UsageError("this app provides already; one run() at a time")
        if not self._registrations.all():
            raise UsageError(
                "there is nothing to provide; register a function with `@client.register` before run()"
            )
        self._stop = Stop()
        try:
            with on_stop_signals(self._stop.request):
                yield self._stop
        finally:
            self._stop = None

    async def _aprovide(self, stop: Stop) -> None:
        agent = Agent(
            self.connection,
            self._registrations.all(),
            clock=self.clock,
            takeover=self._takeover,
        )
        self._agent = agent
        entered = enter(self)  # functions that call others do it as this app
        try:
            await agent.run(stop.wait)
        finally:
            leave(entered)
            self._agent = None
            await self.connection.aclose("the app has ended")
