"""The connection over real sockets: opened, kept alive, lost, opened again, ended."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator

import pytest

from rekuest.api import wire
from rekuest.auth import StaticToken, TokenSource
from rekuest.client.connection import Connection, Identity
from rekuest.clock import SystemClock
from rekuest.errors import (
    AuthError,
    LocalProtocolError,
    RekuestError,
    RemoteProtocolError,
    TransportError,
)
from tests.client.session_server import SessionServer, serving

pytestmark = pytest.mark.anyio

IDENTITY = Identity("lab", "0.1.0", "here", "session-1")


class Rotating:
    """Tokens that differ each time one is fetched: the last one is good."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)

    async def aget_token(self) -> str:
        return self.tokens[0]

    async def arefresh_token(self) -> str:
        if len(self.tokens) > 1:
            self.tokens.pop(0)
        return self.tokens[0]


class QuickClock(SystemClock):
    """A clock whose waits are a hundredth as long, so that nobody waits for a backoff."""

    async def sleep_until(self, deadline: float) -> None:
        await asyncio.sleep(max(0.0, deadline - self.monotonic()) / 100)


def connect(url: str, tokens: TokenSource | None = None) -> Connection:
    return Connection(url, IDENTITY, tokens or StaticToken("good"), QuickClock())


@pytest.fixture
async def server() -> AsyncIterator[SessionServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def connection(server: SessionServer) -> AsyncIterator[Connection]:
    connection = connect(server.url)
    yield connection
    await connection.aclose()


@pytest.fixture
def dead_url() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


async def test_open_says_who_is_there(server: SessionServer, connection: Connection) -> None:
    welcome = await connection.open()
    assert (welcome.session_id, welcome.resumed) == ("session-1", False)
    assert connection.is_open
    hello = server.hellos[0]
    assert (hello.app.identifier, hello.instance_id, hello.token) == ("lab", "here", "good")


async def test_those_who_open_at_once_share_a_socket(
    server: SessionServer, connection: Connection
) -> None:
    await asyncio.gather(*(connection.open() for _ in range(10)))
    await connection.open()
    assert len(server.hellos) == 1


async def test_without_a_server_open_fails_within_a_second(dead_url: str) -> None:
    connection = connect(dead_url)
    started = time.monotonic()
    with pytest.raises(TransportError, match=f"nothing listens at {dead_url}; .*`rekuest server"):
        await connection.open()
    assert time.monotonic() - started < 1
    await connection.aclose()


async def test_a_failed_open_may_be_repeated(server: SessionServer) -> None:
    await server.stop()
    connection = connect(server.url)
    with pytest.raises(TransportError):
        await connection.open()
    await server.start()
    await connection.open()
    await connection.aclose()


async def test_a_provider_retries_for_ever(
    server: SessionServer, caplog: pytest.LogCaptureFixture
) -> None:
    await server.stop()
    connection = connect(server.url)
    with caplog.at_level(logging.WARNING):
        opening = asyncio.create_task(connection.open(retry_forever=True))
        await asyncio.wait((opening,), timeout=0.01)
        await server.start()
        await opening
    assert "nothing listens" in caplog.text
    assert "trying again in" in caplog.text
    await connection.aclose()


@pytest.mark.parametrize("retry_forever", [False, True])
async def test_a_wrong_token_is_an_auth_error_at_once(
    server: SessionServer, retry_forever: bool
) -> None:
    connection = connect(server.url, StaticToken("bad"))
    with pytest.raises(AuthError, match="does not accept the given token"):
        await connection.open(retry_forever=retry_forever)
    await connection.aclose()


async def test_a_refused_token_is_renewed_once(server: SessionServer) -> None:
    connection = connect(server.url, Rotating("old", "good"))
    await connection.open()
    assert [hello.token for hello in server.hellos] == ["old", "good"]
    await connection.aclose()


async def test_a_token_that_stays_refused_is_an_auth_error(server: SessionServer) -> None:
    connection = connect(server.url, Rotating("old", "older"))
    with pytest.raises(AuthError, match="refuses this client .the token is not known."):
        await connection.open()
    assert len(server.hellos) == 2
    await connection.aclose()


async def test_messages_of_one_turn_share_a_frame(
    server: SessionServer, connection: Connection
) -> None:
    await connection.open()
    peer = await server.next_peer()
    last = asyncio.Event()
    server.on_message = lambda peer, message: last.set() if len(peer.received) == 50 else None
    for number in range(50):
        connection.send(wire.Detach(assignation=str(number)))
    await last.wait()
    assert [m.assignation for m in peer.received if isinstance(m, wire.Detach)] == [
        str(number) for number in range(50)
    ]
    assert peer.frame_sizes[1:] == [50]


async def test_what_a_task_says_in_the_next_turn_shares_the_frame(
    server: SessionServer, connection: Connection
) -> None:
    await connection.open()
    peer = await server.next_peer()
    last = asyncio.Event()
    server.on_message = lambda peer, message: last.set() if len(peer.received) == 2 else None

    async def end_at_once() -> None:
        connection.send(wire.Detach(assignation="ended"))

    connection.send(wire.Detach(assignation="started"))
    task = asyncio.create_task(end_at_once())
    await last.wait()
    await task
    assert peer.frame_sizes[1:] == [2]


async def test_a_message_over_the_limit_is_refused_here(
    server: SessionServer, connection: Connection
) -> None:
    await connection.open()
    with pytest.raises(LocalProtocolError, match="cannot be sent"):
        connection.send(wire.Detach(assignation="x" * (1 << 20)))


async def test_messages_go_to_those_who_asked_for_their_type(
    server: SessionServer, connection: Connection
) -> None:
    released: list[object] = []
    every: list[object] = []
    arrived = asyncio.Event()
    connection.subscribe(released.append, wire.Released)
    connection.subscribe(every.append)
    connection.subscribe(lambda message: arrived.set(), wire.Unprovide)
    await connection.open()
    first, second = wire.Released(reservation="1"), wire.Unprovide(provision="2")
    (await server.next_peer()).send(first, second)
    await arrived.wait()
    assert (released, every) == ([first], [first, second])


async def test_a_handler_that_raises_costs_nobody_else(
    server: SessionServer, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(message: object) -> None:
        raise LookupError("broken")

    arrived = asyncio.Event()
    connection.subscribe(breaks, wire.Released)
    connection.subscribe(lambda message: arrived.set(), wire.Released)
    await connection.open()
    (await server.next_peer()).send(wire.Released(reservation="1"))
    await arrived.wait()
    assert "cannot handle Released" in caplog.text


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 1013, 4408, 4413])
async def test_a_lost_socket_is_replaced(
    server: SessionServer, connection: Connection, code: int
) -> None:
    lost: list[RekuestError] = []
    connection.on_lost(lost.append)
    await connection.open()
    await (await server.next_peer()).close(code, "see you")
    await server.next_peer()
    assert [hello.session_id for hello in server.hellos] == ["session-1", "session-1"]
    assert str(lost[0]) == f"lost the connection to {server.url}: {code} (see you)"


async def test_a_cut_socket_is_replaced(server: SessionServer, connection: Connection) -> None:
    await connection.open()
    (await server.next_peer()).cut()
    await server.next_peer()
    assert len(server.hellos) == 2


async def test_a_restarted_server_is_found_again(
    server: SessionServer, connection: Connection
) -> None:
    await connection.open()
    await server.next_peer()
    await server.stop()
    await server.start()
    await server.next_peer()
    assert [hello.session_id for hello in server.hellos] == ["session-1", "session-1"]


async def test_hooks_speak_first_at_each_opening(
    server: SessionServer, connection: Connection
) -> None:
    connection.on_opened(lambda welcome: [wire.Detach(assignation="hook")])
    heard = asyncio.Queue[wire.ClientMessage]()
    server.on_message = lambda peer, message: heard.put_nowait(message)
    await connection.open()
    connection.send(wire.Detach(assignation="later"))
    hook, later = wire.Detach(assignation="hook"), wire.Detach(assignation="later")
    assert [await heard.get(), await heard.get()] == [hook, later]
    (await server.next_peer()).cut()
    assert await heard.get() == hook


async def test_a_hook_on_an_open_connection_is_called_at_once(
    server: SessionServer, connection: Connection
) -> None:
    heard = asyncio.Queue[wire.ClientMessage]()
    server.on_message = lambda peer, message: heard.put_nowait(message)
    await connection.open()
    connection.on_opened(lambda welcome: [wire.Detach(assignation="hook")])
    assert await heard.get() == wire.Detach(assignation="hook")


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        (4403, AuthError, "refuses this client"),
        (4406, RemoteProtocolError, "UNSUPPORTED_VERSION"),
        (4409, RemoteProtocolError, "REPLACED"),
        (4400, RemoteProtocolError, "BAD_FRAME"),
    ],
)
async def test_a_final_close_ends_the_connection(
    server: SessionServer,
    connection: Connection,
    code: int,
    error: type[RekuestError],
    text: str,
) -> None:
    ended: list[RekuestError] = []
    connection.on_ended(ended.append)
    await connection.open()
    await (await server.next_peer()).close(code, "because")
    with pytest.raises(error, match=rf"{text}.*\(because\)"):
        await connection.wait_ended()
    with pytest.raises(error):
        await connection.open()
    assert [type(one) for one in ended] == [error]


async def test_an_expired_token_is_renewed_by_reconnecting(server: SessionServer) -> None:
    connection = connect(server.url, Rotating("first", "good"))
    server.tokens = {"first"}
    await connection.open()
    server.tokens = {"good"}
    await (await server.next_peer()).close(4401, "expired")
    await server.next_peer()
    assert [hello.token for hello in server.hellos] == ["first", "first", "good"]
    await connection.aclose()


async def test_a_renewal_is_answered_without_a_reconnect(server: SessionServer) -> None:
    connection = connect(server.url, Rotating("good", "fresh"))
    heard = asyncio.Queue[wire.ClientMessage]()
    server.on_message = lambda peer, message: heard.put_nowait(message)
    await connection.open()
    (await server.next_peer()).send(wire.ReauthRequired(expires_in=60))
    assert await heard.get() == wire.Reauth(token="fresh")
    await connection.aclose()


async def test_heartbeats_are_sent_and_answered(
    server: SessionServer, connection: Connection
) -> None:
    beats: list[wire.ServerMessage] = []
    third = asyncio.Event()

    def note(message: wire.ServerMessage) -> None:
        if isinstance(message, wire.Heartbeat):
            beats.append(message)
            if len(beats) == 3:
                third.set()

    server.on_reply = note
    server.heartbeat_interval, server.lease_duration = 0.01, 60
    await connection.open()
    await third.wait()
    assert beats == [wire.Heartbeat(number=number) for number in (1, 2, 3)]


async def test_a_silent_server_is_taken_for_lost(
    server: SessionServer, connection: Connection
) -> None:
    lost = asyncio.Event()
    connection.on_lost(lambda error: lost.set())
    server.heartbeat_interval, server.lease_duration = 600, 0.05
    await connection.open()
    await lost.wait()


async def test_goodbye_is_the_last_word(server: SessionServer, connection: Connection) -> None:
    await connection.open()
    peer = await server.next_peer()
    connection.send(wire.Detach(assignation="1"))
    await connection.aclose("done for today")
    await peer.closed.wait()
    assert peer.received == [
        wire.Detach(assignation="1"),
        wire.Goodbye(reason="done for today"),
    ]
    await connection.aclose()
    await connection.wait_ended()
    with pytest.raises(TransportError, match="is closed"):
        await connection.open()


async def test_closing_while_connecting_ends_it(dead_url: str) -> None:
    connection = connect(dead_url)
    opening = asyncio.create_task(connection.open(retry_forever=True))
    await asyncio.sleep(0)
    await connection.aclose()
    with pytest.raises(TransportError, match="is closed"):
        await opening


async def test_what_is_sent_without_a_socket_is_dropped(dead_url: str) -> None:
    connect(dead_url).send(wire.Detach(assignation="1"))


async def test_a_wait_that_the_server_asks_for_is_kept(
    server: SessionServer, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await connection.open()
    peer = await server.next_peer()
    gone = asyncio.Event()
    connection.subscribe(lambda message: gone.set(), wire.GoingAway)
    peer.send(wire.GoingAway(retry_after=2))
    await gone.wait()
    with caplog.at_level(logging.WARNING):
        await peer.close(1012)
        await server.next_peer()
    seconds = float(caplog.text.rsplit("again in ", 1)[1].split(" s")[0])
    assert 2 <= seconds <= 4
