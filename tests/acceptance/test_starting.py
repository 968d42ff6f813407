"""The order in which things are started does not matter to a provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from rekuest import Rekuest, call
from tests.acceptance.process import Process
from tests.acceptance.system import System, unused_port


def test_provider_waits_for_the_first_server_of_a_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(tmp_path / "data", port=unused_port())
    try:
        agent = system.spawn("provider.py")
        agent.wait_for("rekuest server")
        system.start()
        agent.wait_for(" provides ")
        monkeypatch.setenv("REKUEST_DATA_DIR", str(system.folder))
        monkeypatch.setenv("REKUEST_URL", system.url)
        with Rekuest("acceptance"):
            assert call("add", 1, 2) == 3
    finally:
        system.close()


def test_provider_comes_back_to_a_restarted_server(own_system: System) -> None:
    agent = own_system.provide()
    own_system.kill()
    agent.wait_for("lost the connection")
    own_system.start()
    agent.wait_for(" provides ", count=2)
    with Rekuest("acceptance"):
        assert call("add", 1, 2) == 3


def test_module_level_register_and_run(system: System, provider: Process) -> None:
    agent = system.provide("module_level.py")
    with Rekuest("acceptance"):
        assert call("shout", "hello") == "HELLO"
    agent.stop()
    assert agent.wait() == 0, agent.said


def test_program_without_functions_says_so(system: System) -> None:
    agent = system.spawn("nothing.py")

    assert agent.wait() != 0
    assert agent.lines("register")
