"""The sockets of `rekuest server`, over a real network stack."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from websockets import Subprotocol
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.cli.test_server_process import command, server, token, url_of

pytestmark = pytest.mark.acceptance
__all__ = ["server"]


@pytest.fixture
def access(server: subprocess.Popen[str], tmp_path: Path) -> tuple[str, str]:
    """Return the WebSocket URL of a server and a token of its local client."""
    url = url_of(server)
    local = json.loads((tmp_path / "client.json").read_text())
    issued = token(url, local["client_id"], local["client_secret"]).json()
    return url.replace("http", "ws"), issued["access_token"]


def hello(access_token: str) -> str:
    """Return the frame that opens a session."""
    message = {
        "__typename": "Hello",
        "token": access_token,
        "protocolVersion": 1,
        "app": {"identifier": "my-app", "version": "1"},
        "instanceId": "here",
        "sessionId": "s1",
    }
    return json.dumps([message])


def receive(socket: ClientConnection) -> Any:
    """Return the next frame."""
    return json.loads(socket.recv(timeout=20))


def test_a_session_opens_and_is_asked_to_come_back(
    server: subprocess.Popen[str], access: tuple[str, str]
) -> None:
    url, access_token = access
    with connect(f"{url}/session", subprotocols=["rekuest.v1"]) as socket:  # type: ignore[list-item]  # NewType of str
        assert socket.protocol.extensions == []
        socket.send(hello(access_token))
        (welcome,) = receive(socket)
        assert welcome["__typename"] == "Welcome"
        assert welcome["principal"]["app"] == "my-app"
        assert welcome["limits"]["frameBytes"] == 1 << 20
        server.send_signal(signal.SIGTERM)
        assert [message["__typename"] for message in receive(socket)] == ["GoingAway"]
        with pytest.raises(ConnectionClosed) as caught:
            receive(socket)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code in (1001, 1012)
    server.communicate(timeout=20)
    assert server.returncode == 0


def test_a_token_that_does_not_count(access: tuple[str, str]) -> None:
    with connect(f"{access[0]}/session", subprotocols=["rekuest.v1"]) as socket:  # type: ignore[list-item]  # NewType of str
        socket.send(hello("nonsense"))
        with pytest.raises(ConnectionClosed) as caught:
            receive(socket)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4401


@pytest.mark.parametrize("path", ["/session", "/nothing"])
def test_no_socket_without_the_subprotocol(access: tuple[str, str], path: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{access[0]}{path}")
    assert caught.value.response.status_code in (403, 404)


def test_fault_43_a_message_over_the_limit(access: tuple[str, str]) -> None:
    protocol: Any = "graphql-transport-ws"
    with connect(f"{access[0]}/graphql", subprotocols=[protocol]) as socket:

        def flood() -> None:
            """Send too much; the close may come while it is sent, or after."""
            socket.send("x" * ((1 << 20) + 1))
            receive(socket)

        with pytest.raises(ConnectionClosed) as caught:
            flood()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009


def test_graphql_over_the_socket(access: tuple[str, str]) -> None:
    protocol: Any = "graphql-transport-ws"
    with connect(f"{access[0]}/graphql", subprotocols=[protocol]) as socket:
        payload = {"authorization": f"Bearer {access[1]}"}
        socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert receive(socket) == {"type": "connection_ack"}
        query = {"query": "subscription { server { connectedAgents } }"}
        socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": query}))
        assert receive(socket)["payload"] == {"data": {"server": {"connectedAgents": 0}}}


def test_debug_shows_no_frame_and_no_statement(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REKUEST_LOG_LEVEL", "debug")
    process = command("server", "--port", "0", data_dir=tmp_path)
    url = url_of(process)
    local = json.loads((tmp_path / "client.json").read_text())
    issued = token(url, local["client_id"], local["client_secret"]).json()
    address = f"{url.replace('http', 'ws')}/session"
    with connect(address, subprotocols=[Subprotocol("rekuest.v1")]) as socket:
        socket.send(hello(issued["access_token"]))
        assert "Welcome" in str(socket.recv())
    process.terminate()
    _, logged = process.communicate(timeout=20)
    assert not re.search(r"Hello|Welcome|execut|SELECT", logged), logged
