"""One server in one process: binds its socket, says where, and ends politely when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from rekuest.errors import UsageError
from rekuest.server.app import create_app, running_of
from rekuest.server.gateway.transport import SocketProtocol
from rekuest.server.settings import ServerSettings

__all__ = ["bind", "run", "serve", "url_of"]

logger = logging.getLogger(__name__)

BACKLOG = 1024
GOODBYE_TIMEOUT = 1.0  # seconds for the sockets to hear that the server goes


def bind(settings: ServerSettings) -> socket.socket:
    """Return a socket that is bound and does not listen yet.

    Raises:
        UsageError: The address is taken, or not of this machine.
    """
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let a second server take the port over
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, settings.port))
    except OSError as exc:
        bound.close()
        raise UsageError(
            f"cannot listen on {host}:{settings.port}: {exc.strerror or exc}; is a server running there? "
            "choose another port with --port (REKUEST_PORT), 0 picks a free one"
        ) from exc
    return bound


def url_of(settings: ServerSettings, bound: socket.socket) -> str:
    """Return the URL under which programs on this machine reach the server."""
    host = settings.host.strip("[]")
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    name = f"[{reachable}]" if ":" in reachable else reachable
    return f"http://{name}:{bound.getsockname()[1]}"


class Server(uvicorn.Server):
    """uvicorn, with our first line and our way to end."""

    def __init__(self, config: uvicorn.Config, app: Starlette, url: str) -> None:
        super().__init__(config)
        self._app = app
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say where: from that line on requests are answered."""
        await super().startup(sockets)
        if not self.started:
            return
        sys.stdout.write(f"listening on {self._url}\n")
        running = running_of(self._app)
        if running.settings.dev:
            token = await running.identity.local_token(running.credentials.client_id)
            sys.stdout.write(f"GraphiQL at {self._url}/graphql#token={token}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ask the sockets to come back later before they are closed; one that does not read gets little time."""
        for server in self.servers:
            server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running_of(self._app).drain(), GOODBYE_TIMEOUT)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGINT and SIGTERM with exit code 0: uvicorn's own would raise the signal again."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        try:
            for number in signals:
                loop.add_signal_handler(number, self.handle_exit, number, None)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            with super().capture_signals():
                yield
            return
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


# The writer thread gives the interpreter away at each statement and must get it back from a loop that never rests;
# at Python's 5 ms it fell to a few hundred writes a second beside one, at a tenth of it it keeps its thousands.
SWITCH_INTERVAL = 0.0005  # seconds


async def serve(settings: ServerSettings) -> None:
    """Run a server until it is told to end.

    Raises:
        UsageError: It cannot listen where it should.
        StoreError: Another server has the data folder, or its record cannot be opened.
    """
    bound = bind(settings)
    try:
        url = url_of(settings, bound)
        app = create_app(settings, url=url)
        # Here and not in uvicorn, which would bury what went wrong at the start in a log.
        async with app.router.lifespan_context(app):
            await Server(_config(app, settings), app, url).serve(sockets=[bound])
    finally:
        bound.close()


def run(settings: ServerSettings) -> None:
    """Run a server in an event loop of its own; raises as `serve` does."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(serve(settings))


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop of uvloop where there is one."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # not installable on Windows

    return uvloop.new_event_loop()


def _config(app: Starlette, settings: ServerSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws=SocketProtocol,
        ws_max_size=settings.frame_bytes,
        ws_per_message_deflate=False,  # a small message may inflate to a large one
        lifespan="off",
        log_config=None,
        log_level="info" if settings.log_level == "debug" else settings.log_level,  # debug: frames
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        h11_max_incomplete_event_size=64 * 1024,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_timeout)),
    )
