"""One connection to a server, for as long as its owner wants it: opened, kept alive, opened again.

The rules are in `rekuest.protocol.client`; `Link` moves the frames of one socket, and this module
replaces lost sockets.  The caller, the agent and whoever else talks to the server share one connection.
Source: schema/PROTOCOL.md, 2.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from rekuest.api import enums, wire
from rekuest.auth import TokenSource
from rekuest.client.backoff import Backoff
from rekuest.client.link import Link, LinkClosed
from rekuest.client.socket import Dial, Socket
from rekuest.client.waiting import wait_bounded
from rekuest.clock import Clock
from rekuest.errors import (
    AuthError,
    LocalProtocolError,
    RekuestError,
    RemoteProtocolError,
    TransportError,
)
from rekuest.protocol.codec import CLOSE_CODES, close_name, should_reconnect
from rekuest.protocol.refusal import refuse

__all__ = ["Connection", "Handler", "Identity", "LostHook", "OpenedHook"]

logger = logging.getLogger(__name__)

Handler = Callable[[wire.ServerMessage], None]
OpenedHook = Callable[[wire.Welcome], Iterable[wire.ClientMessage]]
LostHook = Callable[[RekuestError], None]

PROTOCOL_VERSION = 1
CLOSE_GRACE = 3.0  # seconds for what is queued, `Goodbye` and the close to reach the server
_UNAUTHENTICATED = CLOSE_CODES["UNAUTHENTICATED"]
_REFUSED = (_UNAUTHENTICATED, CLOSE_CODES["FORBIDDEN"])


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks, as `Hello` says it."""

    identifier: str  # of the app
    version: str  # of the app
    instance_id: str  # which running program of the app
    session_id: str  # random, one for the life of the client


class Connection:
    """A connection that outlives its sockets.  Use it on one event loop only."""

    def __init__(
        self,
        url: str,
        identity: Identity,
        tokens: TokenSource,
        clock: Clock,
        *,
        dial: Dial | None = None,
    ) -> None:
        self.url = url  # the server's, http or https, without a trailing slash
        self.identity = identity
        self._tokens = tokens
        self._clock = clock
        self._dial = dial or _dial_websocket  # how sockets are opened
        self._backoff = Backoff()
        self._handlers: dict[type[object], list[Handler]] = {}
        self.subscribe(self._on_reauth_required, wire.ReauthRequired)
        self.subscribe(self._on_going_away, wire.GoingAway)
        self._opened_hooks: list[OpenedHook] = []
        self._lost_hooks: list[LostHook] = []
        self._ended_hooks: list[LostHook] = []
        self._link: Link | None = None  # the open socket; None while there is none
        self._welcome: wire.Welcome | None = None  # the newest
        self._keeper: asyncio.Task[None] | None = None  # opens and reopens; None: not asked to yet
        self._first: asyncio.Future[wire.Welcome] | None = None  # of the first socket
        self._retry_forever = False
        self._is_closing = False
        self._ended_with: RekuestError | None = None  # why it has ended for good; None: it has not

    @property
    def welcome(self) -> wire.Welcome | None:
        """What the server last answered to `Hello`; `None` before the first time."""
        return self._welcome

    @property
    def is_open(self) -> bool:
        """Whether messages go out now; if not, `send` drops them and `on_opened` hooks repeat."""
        return self._link is not None

    async def open(self, *, retry_forever: bool = False) -> wire.Welcome:
        """Open the socket, unless it is open; concurrent calls share one attempt.

        Args:
            retry_forever: Log a first failure and go on trying, as a provider wants it.  Without it
                a first failure raises at once; after a first success lost sockets are always replaced.

        Returns:
            The newest `Welcome`; the socket may be lost again and being replaced meanwhile.

        Raises:
            TransportError: Nothing listens there; says the URL and the command that starts a server.
            AuthError: The server does not accept the credentials.
            RemoteProtocolError: The server refuses this client for good.
        """
        if self._ended_with is not None:
            raise self._ended_with
        if self._link is not None and self._welcome is not None:
            return self._welcome
        self._retry_forever = self._retry_forever or retry_forever
        if self._keeper is None or self._keeper.done():
            loop = asyncio.get_running_loop()
            self._first = loop.create_future()
            self._keeper = loop.create_task(self._keep(self._first), name="rekuest connection")
        assert self._first is not None  # made together with the keeper
        return await asyncio.shield(self._first)

    def send(self, message: wire.ClientMessage) -> None:
        """Queue a message; all that is queued when the writer wakes goes out as one frame.

        Dropped while no socket is open: what must not be lost is repeated by an `on_opened` hook.

        Raises:
            LocalProtocolError: The message alone is over the server's limits.
        """
        if self._link is not None:
            self._link.send(message)

    async def drain(self) -> None:
        """Return when more may be queued: at once, unless the server reads slower than this side sends."""
        if self._link is not None:
            await self._link.drain()

    def subscribe(self, handler: Handler, *types: type[wire.ServerMessage]) -> None:
        """Have a function called with each message of these types, in order.

        It runs on the loop, between two frames: it must be quick, and what it raises is logged.

        Args:
            handler: Called with the message.
            types: None: every type of `ServerMessage`.
        """
        for message_type in types or tuple(wire.SERVER_MESSAGES.values()):
            self._handlers.setdefault(message_type, []).append(handler)

    def on_opened(self, hook: OpenedHook) -> None:
        """Have a function called at each `Welcome`; what it returns goes out first.

        If the socket is open already, it is called at once.
        """
        self._opened_hooks.append(hook)
        if self._link is not None and self._welcome is not None:
            self._send_first(self._link, hook(self._welcome))

    def on_lost(self, hook: LostHook) -> None:
        """Have a function called when a socket is lost and will be replaced."""
        self._lost_hooks.append(hook)

    def on_ended(self, hook: LostHook) -> None:
        """Have a function called when the connection has ended for good, with the reason."""
        self._ended_hooks.append(hook)

    async def wait_ended(self) -> None:
        """Return after `aclose`.

        Raises:
            RekuestError: The connection ended for another reason, e.g. another session replaced it.
        """
        if self._keeper is not None:
            await asyncio.wait((self._keeper,))
        if self._ended_with is not None and not self._is_closing:
            raise self._ended_with

    async def aclose(self, reason: str | None = None) -> None:
        """Say `Goodbye`, close the socket and end all tasks.  May be called twice."""
        self._is_closing = True
        keeper, link = self._keeper, self._link
        if keeper is not None and not keeper.done():
            if link is not None:
                link.finish(wire.Goodbye(reason=reason))
                await wait_bounded(keeper, CLOSE_GRACE, self._clock)
            keeper.cancel()
            await asyncio.wait((keeper,))
        self._end(TransportError(f"the connection to {self.url} is closed"))

    async def _keep(self, first: asyncio.Future[wire.Welcome]) -> None:
        """Open sockets, one after the other, until one ends for good."""
        try:
            while True:
                error = await self._use_one_socket(first)
                is_worth_trying = isinstance(error, TransportError)
                if self._is_closing:
                    return
                if not is_worth_trying or not (first.done() or self._retry_forever):
                    break
                await self._pause(error, is_first=not first.done())
        except Exception as exc:
            # A defect: nobody who waits may be left waiting.
            self._end(TransportError(f"the connection to {self.url} failed: {exc!r}"))
            raise
        if first.done():
            self._end(error)
        else:  # nothing depends on this connection yet, so `open` may be called again
            _settle(first, error)

    async def _pause(self, error: RekuestError, *, is_first: bool) -> None:
        # One line when a connection is lost, not one for each attempt to get it back.
        log = logger.warning if is_first or self._backoff.is_fresh else logger.debug
        seconds = self._backoff.next_wait()
        log("%s; trying again in %.1f s", error, seconds)
        await self._clock.sleep_until(self._clock.monotonic() + seconds)

    async def _use_one_socket(self, first: asyncio.Future[wire.Welcome]) -> RekuestError:
        """Open a socket and serve it to its end; returns why it ended, or was not opened."""
        try:
            closed = await self._serve(await self._tokens.aget_token(), first)
            if closed.code == _UNAUTHENTICATED and not closed.was_opened:
                closed = await self._serve(await self._tokens.arefresh_token(), first)
        except (TransportError, AuthError) as exc:
            return exc
        finally:
            self._link = None
        error = self._error_of(closed)
        if closed.was_opened and isinstance(error, TransportError) and not self._is_closing:
            for hook in self._lost_hooks:
                hook(error)
        return error

    async def _serve(self, token: str, first: asyncio.Future[wire.Welcome]) -> LinkClosed:
        def opened(welcome: wire.Welcome) -> None:
            self._link, self._welcome = link, welcome
            self._backoff.succeed()
            for hook in self._opened_hooks:
                self._send_first(link, hook(welcome))
            if not first.done():
                first.set_result(welcome)

        link = Link(self._clock, opened=opened, handle=self._handle)
        try:
            return await link.run(self._dial, self.url, self._hello(token))
        finally:
            self._link = None

    def _send_first(self, link: Link, messages: Iterable[wire.ClientMessage]) -> None:
        for message in messages:
            try:
                link.send(message)
            except LocalProtocolError as exc:
                # Made while no socket was open, so its size could not be compared with limits.
                self._handle(refuse(message, enums.ErrorCode.LIMIT_EXCEEDED, str(exc)))

    def _handle(self, message: wire.ServerMessage) -> None:
        for handler in self._handlers.get(type(message), ()):
            try:
                handler(message)
            except Exception:  # noqa: BLE001  # one handler's defect must not cost the others the socket
                logger.exception("cannot handle %s", type(message).__name__)

    def _hello(self, token: str) -> wire.Hello:
        who = self.identity
        return wire.Hello(
            token=token,
            protocol_version=PROTOCOL_VERSION,
            app=wire.AppIdentity(identifier=who.identifier, version=who.version),
            instance_id=who.instance_id,
            session_id=who.session_id,
            user_agent=_USER_AGENT,
        )

    def _on_reauth_required(self, message: wire.ServerMessage) -> None:
        if self._link is not None:
            self._link.spawn(self._reauth(self._link))

    async def _reauth(self, link: Link) -> None:
        try:
            link.send(wire.Reauth(token=await self._tokens.arefresh_token()))
        except (AuthError, TransportError) as exc:
            # The server closes when the old token has expired; reconnecting tries again.
            logger.warning("cannot renew the token: %s", exc)

    def _on_going_away(self, message: wire.ServerMessage) -> None:
        if isinstance(message, wire.GoingAway):
            logger.info("the server at %s goes away", self.url)
            self._backoff.ask(message.retry_after)

    def _error_of(self, closed: LinkClosed) -> RekuestError:
        """Say what a close means: a `TransportError` is worth another try, nothing else is."""
        self._backoff.note_close(closed.code, closed.reason)
        said = f" ({closed.reason})" if closed.reason else ""
        if should_reconnect(closed.code) or (closed.was_opened and closed.code == _UNAUTHENTICATED):
            return TransportError(f"lost the connection to {self.url}: {closed.code}{said}")
        if closed.code in _REFUSED:
            return AuthError(f"the server at {self.url} refuses this client{said}; check auth=")
        name = close_name(closed.code)
        return RemoteProtocolError(
            f"the server at {self.url} ended the connection for good: {name}{said}", code=name
        )

    def _end(self, error: RekuestError) -> None:
        if self._ended_with is None:
            self._ended_with = error
            if self._first is not None:
                _settle(self._first, error)
            for hook in self._ended_hooks:
                hook(error)


async def _dial_websocket(url: str) -> Socket:
    from rekuest.client.websocket import dial  # `websockets` takes 0.1 s: only who connects waits

    return await dial(url)


def _settle(first: asyncio.Future[wire.Welcome], error: RekuestError) -> None:
    if not first.done():
        first.set_exception(error)
        first.exception()  # read here, as nobody may be waiting any more


def _user_agent() -> str:
    try:
        own = version("rekuest")
    except PackageNotFoundError:  # run from a checkout that is not installed
        own = "unknown"
    return f"rekuest/{own} python/{platform.python_version()}"


_USER_AGENT = _user_agent()
