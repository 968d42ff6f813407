"""Ctrl-C: the program ends at once, and what it asked for is cancelled."""

from __future__ import annotations

import signal

from rekuest import Rekuest
from tests.acceptance.process import Process
from tests.acceptance.system import System


def test_provider_ends_well(own_system: System) -> None:
    agent = own_system.provide()
    with Rekuest("acceptance") as client:
        client.call("add", 1, 2)
        agent.stop(signal.SIGINT)

    assert agent.wait() == 0, agent.said
    assert not agent.lines("Traceback"), agent.said


def test_sync_caller_cancels_its_call(system: System, provider: Process) -> None:
    caller = system.spawn("waiting_caller.py", "interrupted")
    provider.wait_for("waiting interrupted")
    caller.stop(signal.SIGINT)
    provider.wait_for("cleaned up interrupted")

    assert caller.lines("KeyboardInterrupt"), caller.said
