"""What cannot work says so at once, and what to do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rekuest import (
    AuthError,
    ClientCredentialsGrant,
    RejectedError,
    Rekuest,
    StaticToken,
    TransportError,
    UsageError,
)
from tests.acceptance.process import Process
from tests.acceptance.system import PROGRAMS, System, unused_port


def test_no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REKUEST_DATA_DIR", str(tmp_path))
    url = f"http://127.0.0.1:{unused_port()}"
    began = time.monotonic()

    with (
        Rekuest("acceptance", url=url, auth=StaticToken("token")) as client,
        pytest.raises(TransportError) as raised,
    ):
        client.find(interface="add")

    assert time.monotonic() - began < 1
    assert url in str(raised.value)
    assert "rekuest server" in str(raised.value)


def test_no_server_and_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first thing that a newcomer meets: nothing was ever started here."""
    monkeypatch.setenv("REKUEST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REKUEST_URL", f"http://127.0.0.1:{unused_port()}")

    with (
        Rekuest("acceptance") as client,
        pytest.raises((TransportError, AuthError), match="rekuest server"),
    ):
        client.find(interface="add")


def test_wrong_token(system: System, provider: Process) -> None:
    with (
        Rekuest("acceptance", auth=StaticToken("no-such-token")) as client,
        pytest.raises(AuthError, match=system.url),
    ):
        client.call("add", 1, 2)


def test_wrong_secret(system: System, provider: Process) -> None:
    auth = ClientCredentialsGrant(system.credentials.client_id, "wrong")

    with Rekuest("acceptance", auth=auth) as client, pytest.raises(AuthError) as raised:
        client.call("add", 1, 2)

    assert "wrong" not in str(raised.value).replace("is wrong", "")


def test_provider_with_a_wrong_secret_ends(system: System) -> None:
    agent = system.spawn(
        "provider.py",
        REKUEST_CLIENT_ID=system.credentials.client_id,
        REKUEST_CLIENT_SECRET="not-it",
    )

    assert agent.wait() != 0
    assert agent.lines("AuthError")
    assert not agent.lines("not-it")


def test_unknown_interface(client: Rekuest) -> None:
    with pytest.raises(UsageError, match="no_such_function"):
        client.find(interface="no_such_function")


def test_no_agent(own_system: System) -> None:
    agent = own_system.provide()
    with Rekuest("acceptance") as client:
        node = client.find(interface="add")
        agent.stop()
        with pytest.raises(RejectedError) as raised:
            node.assign(1, 2)

    assert raised.value.code == "NO_AGENT"


def test_second_agent_of_one_identity_is_refused(system: System, provider: Process) -> None:
    second = system.spawn("provider.py")

    assert second.wait() != 0
    assert second.lines("takeover")


def test_duplicate_names_are_refused_with_both_places(system: System) -> None:
    script = system.spawn("duplicates.py")

    assert script.wait() != 0
    text = (PROGRAMS / "duplicates.py").read_text(encoding="utf-8").splitlines()
    places = [number for number, line in enumerate(text, 1) if line.startswith("def ")]
    (message,) = script.lines("DefinitionError: ")
    for line in places:
        assert any(f"duplicates.py:{line + offset}" in message for offset in (-1, 0)), message
